import type { ReactNode } from 'react'
import type { Icon, Tint } from './look.ts'

/** One line of a timeline (`ol.line`). */
export function Event({
  icon: Sign,
  tint = 'gray',
  at,
  children,
}: {
  icon: Icon
  tint?: Tint
  at: ReactNode
  children: ReactNode
}) {
  return (
    <li>
      <span className={`dot tint-${tint}`}>
        <Sign size={15} stroke={1.8} aria-hidden />
      </span>
      <div className="what">{children}</div>
      {at}
    </li>
  )
}
