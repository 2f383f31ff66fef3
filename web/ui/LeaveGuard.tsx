import { Button, Modal, Text } from '@mantine/core'
import { useBlocker } from '@tanstack/react-router'

/** Asks before a page with unsaved changes is left, by a link or by closing the window. */
export function LeaveGuard({ active }: { active: boolean }) {
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => active && current.pathname !== next.pathname,
    enableBeforeUnload: active,
    withResolver: true,
  })
  const stay = () => blocker.reset?.()
  return (
    <Modal opened={blocker.status === 'blocked'} onClose={stay} title="Leave without saving?" withCloseButton={false}>
      <div className="stack tight">
        <Text>What you changed on this page is not saved yet.</Text>
        <div className="row dialog-acts">
          <Button variant="default" data-autofocus onClick={stay}>
            Stay
          </Button>
          <Button onClick={() => blocker.proceed?.()}>Leave</Button>
        </div>
      </div>
    </Modal>
  )
}
