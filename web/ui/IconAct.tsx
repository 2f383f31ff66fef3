import { ActionIcon, Tooltip } from '@mantine/core'
import type { Icon } from './look.ts'

/** A button that is an icon alone, with its name for readers and in the tooltip. */
export function IconAct({
  icon: Sign,
  name,
  disabled = false,
  onClick,
}: {
  icon: Icon
  name: string
  disabled?: boolean
  onClick: (() => void) | undefined
}) {
  return (
    <Tooltip label={name}>
      <ActionIcon variant="subtle" color="gray" aria-label={name} disabled={disabled || !onClick} onClick={onClick}>
        <Sign size={16} stroke={1.7} aria-hidden />
      </ActionIcon>
    </Tooltip>
  )
}
