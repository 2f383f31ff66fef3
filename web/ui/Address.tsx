/** An address that wraps after its @ and nowhere else, as long as it can. */
export function Address({ children }: { children: string }) {
  const at = children.lastIndexOf('@')
  if (at < 0) return <>{children}</>
  return (
    <>
      {children.slice(0, at + 1)}
      <wbr />
      {children.slice(at + 1)}
    </>
  )
}
