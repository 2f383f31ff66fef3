import { Button, Modal, Radio, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { type ContactStatus, contactStatus, type Group } from '../../src/audience/group.contract.ts'
import { job as jobSchema } from '../../src/platform/job.contract.ts'
import { post } from '../api.ts'
import { Confirm } from '../ui/Confirm.tsx'
import { count, counted } from '../ui/format.ts'
import { usePlace } from '../ui/place.tsx'
import { noteStarted, sizeOf } from './groups.ts'

/** Two dialogs: which status, then the question with the exact count. The work itself is a job. */
export function ChangeStatusOfAll({ group, opened, onClose }: { group: Group; opened: boolean; onClose: () => void }) {
  const { account } = usePlace()
  const [status, setStatus] = useState<ContactStatus>()
  const [asking, setAsking] = useState(false)
  const [problem, setProblem] = useState('')
  const client = useQueryClient()
  // The counts in the dialog are those of the moment in which it opens.
  useEffect(() => {
    if (opened) void client.invalidateQueries({ queryKey: ['groups', 'one', group.id] })
  }, [opened, client, group.id])
  const { active, error, optOut } = group.counts
  const changing = { active: error, error: active, opt_out: active + error }
  function close() {
    setStatus(undefined)
    setAsking(false)
    setProblem('')
    onClose()
  }
  function save() {
    setProblem(status ? '' : 'Choose a status.')
    if (status) setAsking(true)
  }
  async function start() {
    const job = await post(`/groups/${group.id}/status`, jobSchema, { status })
    noteStarted(client, group, job)
    await client.invalidateQueries({ queryKey: ['groups', 'one', group.id] })
  }
  return (
    <>
      <Modal opened={opened && !asking} onClose={close} title="Change status of all">
        <div className="stack">
          <Radio.Group
            value={status ?? null}
            onChange={(value) => {
              setStatus(contactStatus.safeParse(value).data)
              setProblem('')
            }}
            label={`New status for the ${counted(sizeOf(group), 'contact')} in this group`}
            description="Contacts that already opted out stay as they are, whatever you choose."
            error={problem}
          >
            <div className="stack tight radios">
              <Radio
                value="active"
                label="Active"
                description={`${counted(error, 'contact')} in Error ${error === 1 ? 'gets' : 'get'} mail again`}
              />
              <Radio
                value="error"
                label="Error"
                description={`${counted(active, 'contact')} ${active === 1 ? 'gets' : 'get'} no mail until somebody corrects them`}
              />
              <Radio
                value="opt_out"
                label="Opt-Out"
                description={`${counted(active + error, 'contact')} ${active + error === 1 ? 'gets' : 'get'} no more mail; details and status are locked`}
              />
            </div>
          </Radio.Group>
          <div className="row dialog-acts">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button onClick={save}>Save</Button>
          </div>
        </div>
      </Modal>
      {status && (
        <Confirm
          opened={opened && asking}
          title={question(status, changing[status])}
          consequence={status === 'opt_out' ? 'optOut' : 'brand'}
          onClose={close}
          onYes={start}
        >
          <Consequence status={status} account={account} />
          {optOut > 0 && (
            <Text>
              {count(optOut)} {status === 'opt_out' ? 'more ' : ''}
              {optOut === 1 ? 'contact' : 'contacts'} in this group already opted out and{' '}
              {optOut === 1 ? 'stays as it is' : 'stay as they are'}.
            </Text>
          )}
          {status === 'opt_out' && (
            <Text>You cannot undo this. Each person can come back only by signing up again and confirming.</Text>
          )}
        </Confirm>
      )}
    </>
  )
}

function question(status: ContactStatus, n: number): string {
  if (status === 'opt_out') return `Opt out ${counted(n, 'contact')}?`
  return `Change ${counted(n, 'contact')} to ${status === 'active' ? 'Active' : 'Error'}?`
}

function Consequence({ status, account }: { status: ContactStatus; account: string }) {
  if (status === 'opt_out')
    return <Text>They get no more mail from {account}. Messages that are waiting for them are held back.</Text>
  if (status === 'error') return <Text>They get no mail until somebody changes them back to Active.</Text>
  return <Text>They get mail from {account} again. Addresses that do not exist come back as Error.</Text>
}
