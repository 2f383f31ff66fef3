import { Skeleton } from '@mantine/core'
import { type ReactNode, useEffect, useState } from 'react'

/** Nothing for 300 ms, then the skeleton: a short wait must not flicker. */
export function Waiting({ children, label = 'Loading' }: { children?: ReactNode; label?: string }) {
  const [late, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 300)
    return () => clearTimeout(timer)
  }, [])
  return (
    <div aria-busy="true" className="waiting">
      {late && (
        <>
          <span className="sr" role="status">
            {label}
          </span>
          {children ?? <Rows />}
        </>
      )}
    </div>
  )
}

/** The shape of a list that is not there yet. */
export function Rows({ n = 8 }: { n?: number }) {
  return (
    <div className="panel" aria-hidden>
      {Array.from({ length: n }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows without identity
        <div key={row} className="skeleton-row">
          <Skeleton height={12} width="34%" />
          <Skeleton height={12} width="18%" />
          <Skeleton height={20} width={72} radius={11} />
        </div>
      ))}
    </div>
  )
}
