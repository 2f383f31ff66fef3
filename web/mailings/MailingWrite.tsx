import { Button, SegmentedControl, Select, Text, Textarea, TextInput } from '@mantine/core'
import { IconArrowRight } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { Mailing } from '../../src/mailings/mailing.contract.ts'
import { useFields } from '../audience/contacts.ts'
import { paths } from '../paths.ts'
import { useMe } from '../session/session.ts'
import { PageHeader } from '../ui/PageHeader.tsx'
import { Panel } from '../ui/Panel.tsx'
import { When } from '../ui/When.tsx'
import { MailingSteps } from './MailingSteps.tsx'
import { Preview } from './Preview.tsx'
import { type Draft, useDraft } from './useDraft.ts'

export function MailingWrite({ mailing }: { mailing: Mailing }) {
  const saved = useDraft(mailing)
  const navigate = useNavigate()
  const goOn = async () => {
    if (await saved.flush()) await navigate({ to: paths.mailingAudience(mailing.id) })
  }
  return (
    <>
      <PageHeader
        crumbs={[{ name: 'Mailings', to: paths.mailings }]}
        title={saved.draft.name}
        note={<SaveState saved={saved} />}
        actions={
          <Button rightSection={<IconArrowRight size={16} aria-hidden />} onClick={() => void goOn()} data-primary>
            Choose audience
          </Button>
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
    </>
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

function Content({ saved: { draft, change, faults } }: { saved: Draft }) {
  const [part, setPart] = useState('HTML')
  const fields = useFields().data?.items ?? []
  const isHtml = part === 'HTML'
  return (
    <Panel
      title="Content"
      aside={
        <SegmentedControl
          size="xs"
          aria-label="Part of the message"
          data={['HTML', 'Text part']}
          value={part}
          onChange={setPart}
        />
      }
    >
      <div className="stack tight">
        {isHtml ? (
          <Textarea
            key="html"
            label="HTML"
            autosize
            minRows={14}
            maxRows={30}
            spellCheck={false}
            classNames={{ input: 'mono' }}
            value={draft.html}
            error={faults['html']}
            onChange={(event) => change({ html: event.currentTarget.value })}
          />
        ) : (
          <Textarea
            key="text"
            label="Text"
            description="Empty: it is made from the HTML"
            autosize
            minRows={14}
            maxRows={30}
            value={draft.text}
            error={faults['text']}
            onChange={(event) => change({ text: event.currentTarget.value })}
          />
        )}
        <Text size="sm" c="dimmed">
          Merge points:{' '}
          {fields.map((field, index) => (
            <span key={field.id}>
              {index > 0 && ', '}
              <code className="mono">{`{{ contact.${field.name} }}`}</code>
            </span>
          ))}
          . With a word for whoever has none:{' '}
          <code className="mono">{'{{ contact.first_name | default: "friend" }}'}</code>. The footer with the way out is
          added by itself.
        </Text>
      </div>
    </Panel>
  )
}
