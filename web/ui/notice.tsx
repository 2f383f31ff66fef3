import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react'
import type { ReactNode } from 'react'

/** Says that something is done; with `undo` it can be taken back for 10 s. */
export function noticeDone(text: ReactNode, undo?: () => Promise<unknown>, word = 'Undo') {
  const id = `notice-${crypto.randomUUID()}`
  const act = async () => {
    notifications.hide(id)
    try {
      await undo?.()
    } catch (error) {
      noticeFault(error)
    }
  }
  notifications.show({
    id,
    color: 'active',
    icon: <IconCheck size={16} aria-hidden />,
    autoClose: undo ? 10_000 : 5_000,
    message: (
      <span className="row one notice">
        <span className="grow">{text}</span>
        {undo && (
          <Button variant="subtle" size="compact-sm" onClick={() => void act()}>
            {word}
          </Button>
        )}
      </span>
    ),
  })
}

/** A fault stays until it is closed. */
export function noticeFault(error: unknown) {
  notifications.show({
    color: 'red',
    icon: <IconAlertTriangle size={16} aria-hidden />,
    autoClose: false,
    message: error instanceof Error ? error.message : String(error),
  })
}
