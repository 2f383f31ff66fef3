import type { ReactNode } from 'react'
import type { Icon, Tint } from './look.ts'

/** One number with its name; stands in a `.tiles` box. */
export function Tile({
  label,
  value,
  note,
  icon: Sign,
  tint = 'gray',
}: {
  label: string
  value: ReactNode
  note?: ReactNode
  icon?: Icon
  tint?: Tint
}) {
  return (
    <div>
      <div className="k">
        {Sign && <Sign size={15} className={`fg-${tint}`} aria-hidden />}
        {label}
      </div>
      <div className="v">{value}</div>
      {note && <div className="n">{note}</div>}
    </div>
  )
}
