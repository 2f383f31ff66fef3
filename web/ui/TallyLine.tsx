import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { count } from './format.ts'
import type { Icon, Tint } from './look.ts'

/** One line of a dry run or a result: what, what it means, how many, and the rows themselves. */
export function TallyLine({
  icon: Sign,
  tint,
  title,
  children,
  n,
  onShow,
  action,
}: {
  icon: Icon
  tint: Tint
  title: string
  children?: ReactNode
  n: number
  onShow?: () => void
  /** In place of the rows: what can be done about it. */
  action?: ReactNode
}) {
  return (
    <li>
      <Sign size={20} stroke={1.7} className={`fg-${tint}`} aria-hidden />
      <div>
        <div className="t">{title}</div>
        <div className="dim">{children}</div>
      </div>
      <div className="n">{count(n)}</div>
      <div className="go">
        {action}
        {onShow && n > 0 && (
          <Button variant="subtle" color="gray" size="compact-sm" aria-label={`Show rows: ${title}`} onClick={onShow}>
            Show rows
          </Button>
        )}
      </div>
    </li>
  )
}
