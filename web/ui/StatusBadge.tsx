import { IconAlertTriangle, IconCheck, IconLock } from '@tabler/icons-react'
import type { Icon, Tint } from './look.ts'

export type StatusName = 'active' | 'error' | 'opt_out'

export const statusLook: Record<StatusName, { word: string; tint: Tint; icon: Icon }> = {
  active: { word: 'Active', tint: 'active', icon: IconCheck },
  error: { word: 'Error', tint: 'errored', icon: IconAlertTriangle },
  opt_out: { word: 'Opt-Out', tint: 'optOut', icon: IconLock },
}

/** The one way to show a status: icon, word and colour together. */
export function StatusBadge({ status }: { status: StatusName }) {
  const { word, tint, icon: Sign } = statusLook[status]
  return (
    <span className={`status tint-${tint}`}>
      <Sign size={13} stroke={2.2} aria-hidden />
      {word}
    </span>
  )
}
