import { UnstyledButton } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import { type ReactNode, useEffect } from 'react'
import { count } from '../ui/format.ts'

/** What can be done with the ticked rows. Escape clears the selection, unless a dialog is open. */
export function BulkBar({
  n,
  label = `${count(n)} selected`,
  onClear,
  children,
}: {
  n: number
  label?: string
  onClear: () => void
  children: ReactNode
}) {
  useEffect(() => {
    if (n === 0) return
    function handleKey(event: KeyboardEvent) {
      if (event.key === 'Escape' && !document.querySelector('[role=dialog], [role=menu], [role=listbox]')) onClear()
    }
    document.addEventListener('keydown', handleKey)
    return () => document.removeEventListener('keydown', handleKey)
  }, [n, onClear])
  if (n === 0) return null
  return (
    <section className="bulk" aria-label="Selected contacts">
      <b className="num" role="status">
        {label}
      </b>
      <span className="sep" />
      {children}
      <span className="sep" />
      <UnstyledButton className="clear" aria-label="Clear selection" onClick={onClear}>
        <IconX size={16} aria-hidden />
      </UnstyledButton>
    </section>
  )
}
