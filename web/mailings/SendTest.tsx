import { Button, Modal, Textarea } from '@mantine/core'
import { IconCircleCheck, IconCircleX } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { MOST_TEST_ADDRESSES, type TestResult, testSent } from '../../src/mailings/test-send.contract.ts'
import { messageOf, post } from '../api.ts'
import { useMe } from '../session/session.ts'

/** The mailing as it is now, to a few addresses. */
export function SendTest({ mailingId }: { mailingId: string }) {
  const [opened, setOpened] = useState(false)
  return (
    <>
      <Button variant="default" onClick={() => setOpened(true)}>
        Send a test
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title="Send a test">
        {opened && <TestForm mailingId={mailingId} onClose={() => setOpened(false)} />}
      </Modal>
    </>
  )
}

const linesOf = (text: string) =>
  text
    .split(/[\n,;]/)
    .map((line) => line.trim())
    .filter((line) => line !== '')

function TestForm({ mailingId, onClose }: { mailingId: string; onClose: () => void }) {
  const mailbox = useMe().data?.builtInMailbox
  const [text, setText] = useState('')
  const [problem, setProblem] = useState('')
  const send = useMutation({
    mutationFn: (addresses: string[]) => post(`/mailings/${mailingId}/test`, testSent, { addresses }),
    onError: (error) => setProblem(messageOf(error)),
  })
  return (
    <form
      className="stack tight"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        const addresses = linesOf(text)
        const fault = faultOf(addresses.length)
        setProblem(fault)
        if (fault === '') send.mutate(addresses)
      }}
    >
      <Textarea
        label="Addresses"
        description={`At most ${MOST_TEST_ADDRESSES}, one a line. The subject begins with [TEST], and nothing is counted.${
          mailbox ? ' The test goes to the built-in mailbox.' : ''
        }`}
        data-autofocus
        autosize
        minRows={3}
        maxRows={10}
        value={text}
        error={problem}
        onChange={(event) => {
          setText(event.currentTarget.value)
          setProblem('')
        }}
      />
      <div role="status">{send.data && <Results results={send.data.results} />}</div>
      <div className="row dialog-acts">
        <Button variant="default" onClick={onClose}>
          Close
        </Button>
        <Button type="submit" loading={send.isPending}>
          Send test
        </Button>
      </div>
    </form>
  )
}

function faultOf(number: number): string {
  if (number === 0) return 'Enter an address.'
  return number > MOST_TEST_ADDRESSES ? `A test goes to at most ${MOST_TEST_ADDRESSES} addresses.` : ''
}

function Results({ results }: { results: TestResult[] }) {
  return (
    <ul className="tally checks">
      {results.map(({ address, sent, reason }) => (
        <li key={address}>
          {sent ? (
            <IconCircleCheck size={20} stroke={1.8} className="fg-active" aria-hidden />
          ) : (
            <IconCircleX size={20} stroke={1.8} className="fg-errored" aria-hidden />
          )}
          <div>
            <div className="t">{address}</div>
            <div className="dim">{reason ?? 'Sent.'}</div>
          </div>
        </li>
      ))}
    </ul>
  )
}
