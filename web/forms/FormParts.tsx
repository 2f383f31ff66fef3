import { Checkbox, Select, Switch, Text, Textarea, TextInput } from '@mantine/core'
import type { NewForm } from '../../src/audience/form.contract.ts'
import { useFields } from '../audience/contacts.ts'
import type { Faults } from '../audience/FieldFaults.tsx'
import { GroupTicks } from '../audience/GroupTicks.tsx'
import { useTopics } from '../audience/topics.ts'
import { Panel } from '../ui/Panel.tsx'

const languages: { value: NewForm['language']; label: string }[] = [
  { value: 'en', label: 'English' },
  { value: 'de', label: 'Deutsch' },
  { value: 'ar', label: 'العربية' },
]

type Props = { draft: NewForm; faults: Faults; onChange: (change: Partial<NewForm>) => void }
type TextName = 'name' | 'heading' | 'intro' | 'consent' | 'thanks' | 'returnUrl'

/** Everything about a form that an operator decides. */
export function FormParts({ draft, faults, onChange }: Props) {
  const text = (name: TextName) => ({
    value: draft[name],
    error: faults[name],
    onChange: (event: { currentTarget: { value: string } }) => onChange({ [name]: event.currentTarget.value }),
  })
  return (
    <>
      <Panel title="Form">
        <div className="two">
          <TextInput label="Name" description="Only you see it." autoComplete="off" {...text('name')} />
          <Select
            label="Language"
            description="Of your texts and of the page."
            data={languages}
            allowDeselect={false}
            value={draft.language}
            onChange={(value) => {
              const chosen = languages.find((one) => one.value === value)
              if (chosen) onChange({ language: chosen.value })
            }}
          />
        </div>
      </Panel>
      <Panel title="What people read">
        <div className="stack tight">
          <TextInput label="Heading" autoComplete="off" {...text('heading')} />
          <Textarea
            label="Text (if you like)"
            description="What comes, and how often."
            autosize
            minRows={2}
            {...text('intro')}
          />
          <Textarea
            label="Consent"
            description="Stands beside the box that people tick. A change makes a new version; what each person agreed to is kept."
            autosize
            minRows={2}
            {...text('consent')}
          />
        </div>
      </Panel>
      <Panel title="What it asks">
        <AskedFields draft={draft} faults={faults} onChange={onChange} />
      </Panel>
      <Panel title="What they get">
        <div className="stack">
          <OfferedTopics draft={draft} faults={faults} onChange={onChange} />
          <div>
            <GroupTicks
              label="Groups that they join"
              chosen={draft.groupIds}
              regularOnly
              onChange={(groupIds) => onChange({ groupIds })}
            />
            <Fault message={faults['groupIds']} />
          </div>
        </div>
      </Panel>
      <Panel title="After they confirmed">
        <div className="stack tight">
          <Textarea label="Thank-you text (if you like)" autosize minRows={2} {...text('thanks')} />
          <TextInput
            label="Page to go back to (if you like)"
            description="Begins with https://"
            inputMode="url"
            autoComplete="off"
            {...text('returnUrl')}
          />
        </div>
      </Panel>
    </>
  )
}

function AskedFields({ draft: { fields }, faults, onChange }: Props) {
  const known = useFields().data?.items ?? []
  return (
    <div className="stack tight">
      <Text size="sm">The email address is always asked for.</Text>
      {known.map(({ name, label }) => {
        const asked = fields.find((one) => one.name === name)
        const others = fields.filter((one) => one.name !== name)
        return (
          <div key={name} className="row asked-field">
            <Checkbox
              className="grow"
              label={label}
              checked={asked !== undefined}
              onChange={(event) =>
                onChange({ fields: event.currentTarget.checked ? [...fields, { name, required: false }] : others })
              }
            />
            {asked && (
              <Switch
                label="Required"
                aria-label={`${label} is required`}
                checked={asked.required}
                onChange={(event) => {
                  const required = event.currentTarget.checked
                  onChange({ fields: fields.map((one) => (one.name === name ? { name, required } : one)) })
                }}
              />
            )}
          </div>
        )
      })}
      <Fault message={faults['fields']} />
    </div>
  )
}

function OfferedTopics({ draft: { topicIds }, faults, onChange }: Props) {
  const topics = useTopics().data ?? []
  if (topics.length === 0)
    return (
      <Text size="sm" c="dimmed">
        There are no topics to offer.
      </Text>
    )
  return (
    <div>
      <Checkbox.Group
        label="Topics that it offers"
        description="Of one alone it is not asked whether it is wanted."
        value={topicIds}
        onChange={(ids) => onChange({ topicIds: ids })}
      >
        <div className="stack ticks-list">
          {topics.map(({ id, name }) => (
            <Checkbox key={id} value={id} label={name} />
          ))}
        </div>
      </Checkbox.Group>
      <Fault message={faults['topicIds']} />
    </div>
  )
}

function Fault({ message }: { message: string | undefined }) {
  if (message === undefined) return null
  return (
    <Text size="sm" c="red" role="alert">
      {message}
    </Text>
  )
}
