import { Button, Modal, Text, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'

/**
 * Asks before what cannot be undone. Cancel has the focus, Escape cancels, a click outside does not.
 *
 * @param consequence colour of Yes: optOut, red or brand
 * @param typed number that must be typed first, for erasing many
 */
export function Confirm({
  opened,
  title,
  children,
  consequence,
  typed,
  counting = false,
  onYes,
  onClose,
}: {
  opened: boolean
  title: string
  children: ReactNode
  consequence: 'optOut' | 'red' | 'brand'
  typed?: number
  /** The number in the question is not known yet, so nobody can say yes to it. */
  counting?: boolean
  onYes: () => Promise<unknown>
  onClose: () => void
}) {
  const [running, setRunning] = useState(false)
  const [problem, setProblem] = useState('')
  const [entered, setEntered] = useState('')
  const close = () => {
    if (running) return
    setProblem('')
    setEntered('')
    onClose()
  }
  async function yes() {
    setRunning(true)
    setProblem('')
    try {
      await onYes()
      setEntered('')
      onClose()
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
    } finally {
      setRunning(false)
    }
  }
  return (
    <Modal opened={opened} onClose={close} title={title} closeOnClickOutside={false} withCloseButton={false}>
      <div className="stack tight">
        {children}
        {typed !== undefined && (
          <TextInput
            label={`Enter ${typed} to go on`}
            w={180}
            value={entered}
            onChange={(event) => setEntered(event.currentTarget.value)}
          />
        )}
        {problem && (
          <Text c="red" role="alert">
            {problem}
          </Text>
        )}
        <div className="row dialog-acts">
          <Button variant="default" data-autofocus onClick={close}>
            Cancel
          </Button>
          <Button
            color={consequence}
            loading={running}
            disabled={counting || (typed !== undefined && entered.trim() !== String(typed))}
            onClick={() => void yes()}
          >
            Yes
          </Button>
        </div>
      </div>
    </Modal>
  )
}
