import { Button, Select, TextInput } from '@mantine/core'
import { IconArrowBackUp, IconArrowForwardUp, IconArrowRight, IconBookmark } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent, useState } from 'react'
import type { Mailing } from '../../src/mailings/mailing.contract.ts'
import { paths } from '../paths.ts'
import { useMe } from '../session/session.ts'
import { IconAct } from '../ui/IconAct.tsx'
import { LeaveGuard } from '../ui/LeaveGuard.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { Panel } from '../ui/Panel.tsx'
import { When } from '../ui/When.tsx'
import { Content } from './Content.tsx'
import { MailingSteps } from './MailingSteps.tsx'
import { Preview } from './Preview.tsx'
import { SaveTemplate } from './SaveTemplate.tsx'
import { type Draft, useDraft } from './useDraft.ts'

export function MailingWrite({ mailing }: { mailing: Mailing }) {
  const saved = useDraft(mailing)
  const navigate = useNavigate()
  const [keeping, setKeeping] = useState(false)
  const handleKey = (event: KeyboardEvent) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'z') return
    const act = event.shiftKey ? saved.redo : saved.undo
    act?.()
    event.preventDefault()
  }
  const goOn = async () => {
    if (await saved.flush()) await navigate({ to: paths.mailingAudience(mailing.id) })
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: undo is a key of the whole page and has a button
    <div onKeyDown={handleKey}>
      <LeaveGuard active={saved.problem !== ''} />
      <PageHeader
        crumbs={[{ name: 'Mailings', to: paths.mailings }]}
        title={saved.draft.name}
        note={<SaveState saved={saved} />}
        actions={
          <>
            <IconAct icon={IconArrowBackUp} name="Undo" onClick={saved.undo} />
            <IconAct icon={IconArrowForwardUp} name="Redo" onClick={saved.redo} />
            <IconAct icon={IconBookmark} name="Save as template" onClick={() => setKeeping(true)} />
            <Button rightSection={<IconArrowRight size={16} aria-hidden />} onClick={() => void goOn()} data-primary>
              Choose audience
            </Button>
          </>
        }
      />
      <div className="body">
        <MailingSteps id={mailing.id} at="Write" />
        <div className="split write">
          <div className="stack">
            <Envelope saved={saved} />
            <Content saved={saved} />
          </div>
          <Preview id={mailing.id} version={saved.savedAt} />
        </div>
      </div>
      <SaveTemplate source={saved.draft.source} opened={keeping} onClose={() => setKeeping(false)} />
    </div>
  )
}

function SaveState({ saved }: { saved: Draft }) {
  if (saved.problem) return <span className="fg-red">Not saved. {saved.problem}</span>
  return saved.saving ? (
    <>Draft, saving</>
  ) : (
    <>
      Draft, saved <When at={saved.savedAt} as="brief" />
    </>
  )
}

function Envelope({ saved: { draft, change, faults } }: { saved: Draft }) {
  const account = useMe().data?.account
  return (
    <Panel>
      <div className="stack tight">
        <TextInput
          label="Subject"
          value={draft.subject}
          error={faults['subject']}
          onChange={(event) => change({ subject: event.currentTarget.value })}
        />
        <div className="two">
          <TextInput
            label="Sender name"
            placeholder={account?.senderName}
            value={draft.fromName}
            error={faults['fromName']}
            onChange={(event) => change({ fromName: event.currentTarget.value })}
          />
          <TextInput
            label="Sender address"
            type="email"
            placeholder={account?.senderAddress}
            description="Must be able to take replies"
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            value={draft.fromAddress}
            error={faults['fromAddress']}
            onChange={(event) => change({ fromAddress: event.currentTarget.value })}
          />
        </div>
        <TextInput
          label="Name"
          description="Only you and your colleagues see it"
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          value={draft.name}
          error={faults['name']}
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
        <Select
          label="Opens and clicks"
          description="A person's own choice on the preferences page wins"
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          data={tracking}
          allowDeselect={false}
          value={draft.tracking === null ? 'account' : draft.tracking ? 'on' : 'off'}
          onChange={(value) => change({ tracking: value === 'account' ? null : value === 'on' })}
        />
      </div>
    </Panel>
  )
}

const tracking = [
  { value: 'account', label: 'As the account says' },
  { value: 'on', label: 'Track' },
  { value: 'off', label: 'Do not track' },
]
