import { Button, Checkbox, Text, Textarea } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { type Group, type PastedResult, pastedResult } from '../../src/audience/group.contract.ts'
import { messageOf, post } from '../api.ts'
import { linesOf } from '../optouts/question.ts'
import { counted } from '../ui/format.ts'
import { PasteResult } from './PasteResult.tsx'

const MOST = 10_000

/** Adds pasted addresses; afterwards it says what became of every line. */
export function AddByPaste({ group, onClose }: { group: Group; onClose: () => void }) {
  const [text, setText] = useState('')
  const [addUnknown, setAddUnknown] = useState(false)
  const [problem, setProblem] = useState('')
  const [result, setResult] = useState<PastedResult>()
  const client = useQueryClient()
  const lines = linesOf(text)
  const add = useMutation({
    mutationFn: () =>
      post(`/groups/${group.id}/addresses`, pastedResult, { addresses: lines.map((line) => line.text), addUnknown }),
    onSuccess: async (done) => {
      // Lines are counted as they stand in the field.
      const invalid = done.invalid.map((one) => ({ ...one, line: lines[one.line - 1]?.line ?? one.line }))
      setResult({ ...done, invalid })
      await Promise.all(['groups', 'contacts'].map((key) => client.invalidateQueries({ queryKey: [key] })))
    },
    onError: (error) => setProblem(messageOf(error)),
  })
  function submit() {
    setProblem('')
    if (lines.length === 0) return setProblem('Enter at least one address.')
    if (lines.length > MOST)
      return setProblem('Enter at most 10,000 addresses at a time, or import a file into the group.')
    add.mutate()
  }
  if (result)
    return (
      <PasteResult
        result={result}
        onMore={() => {
          setText(result.unknown.concat(result.invalid.map((one) => one.text)).join('\n'))
          setResult(undefined)
        }}
        onClose={onClose}
      />
    )
  return (
    <form
      className="stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <Textarea
        label="Addresses"
        description="One a line, or separated by commas. Names around them do no harm."
        rows={9}
        className="mono-field"
        value={text}
        error={problem}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Checkbox
        label="Make contacts of unknown addresses"
        description="Only for people who agreed to get mail from you. Otherwise unknown addresses are listed and left out."
        checked={addUnknown}
        onChange={(event) => setAddUnknown(event.currentTarget.checked)}
      />
      <Text size="xs" c="dimmed">
        An address that opted out joins no group.
      </Text>
      <div className="row dialog-acts">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={add.isPending}>
          {lines.length > 0 ? `Add ${counted(lines.length, 'address', 'addresses')}` : 'Add addresses'}
        </Button>
      </div>
    </form>
  )
}
