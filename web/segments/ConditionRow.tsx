import { Select, TextInput } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconX } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { contactSource } from '../../src/audience/contact.contract.ts'
import { contactStatus } from '../../src/audience/group.contract.ts'
import { IconAct } from '../ui/IconAct.tsx'
import type { Choices } from './choices.ts'
import { FieldEditor } from './FieldEditor.tsx'
import { fresh, gapOf, kinds, type Leaf, startValues } from './tree.ts'
import { WhenEditor } from './WhenEditor.tsx'
import { addressWords, didWords, sourceWords, statusWords } from './words.ts'

type RowProps = { leaf: Leaf; choices: Choices; onChange: (leaf: Leaf) => void }

/** One condition: what, how compared, with what. */
export function ConditionRow({
  leaf,
  choices,
  problem,
  acts,
  onChange,
}: RowProps & { problem: string | undefined; acts: ReactNode }) {
  const what = leaf.type === 'field' ? `field:${leaf.field}` : leaf.type
  const first = {
    ...(choices.group[0] ? { group: choices.group[0].value } : {}),
    ...(choices.topic[0] ? { topic: choices.topic[0].value } : {}),
    ...(choices.import[0] ? { import: choices.import[0].value } : {}),
  }
  function choose(value: string) {
    const field = choices.fields.find(({ name }) => value === `field:${name}`)
    if (field) {
      const op = field.type === 'several_of' ? 'any_of' : 'is'
      return onChange({ type: 'field', field: field.name, op, values: startValues(field.type, op, field.options) })
    }
    const kind = kinds.find((one) => one.value === value)
    if (kind) onChange(fresh(kind.value, first))
  }
  return (
    <li className="condition">
      <div className="row">
        <Select
          aria-label="What"
          data={[
            { group: 'Contact', items: kinds },
            {
              group: 'Fields',
              items: choices.fields.map(({ name, label }) => ({ value: `field:${name}`, label })),
            },
          ]}
          value={what}
          searchable
          allowDeselect={false}
          onChange={(value) => value !== null && choose(value)}
          w={150}
        />
        <Rest leaf={leaf} choices={choices} onChange={onChange} />
        <span className="grow" />
        {acts}
      </div>
      {problem && (
        <p className="fg-red note" role="alert">
          {gapOf(leaf) ?? problem}
        </p>
      )}
    </li>
  )
}

function Rest({ leaf, choices, onChange }: RowProps) {
  switch (leaf.type) {
    case 'field': {
      const field = choices.fields.find(({ name }) => name === leaf.field)
      return field ? (
        <FieldEditor leaf={leaf} field={field} onChange={onChange} />
      ) : (
        <span className="dim">This field is archived.</span>
      )
    }
    case 'address':
      return (
        <>
          <Pick label="Comparison" words={addressWords} value={leaf.op} onPick={(op) => onChange({ ...leaf, op })} />
          <TextInput
            aria-label="Value"
            value={leaf.values[0] ?? ''}
            onChange={(event) => onChange({ ...leaf, values: [event.currentTarget.value] })}
            w={160}
          />
        </>
      )
    case 'status':
      return (
        <>
          <Pick
            label="Status of the contact"
            words={statusWords}
            value={leaf.status}
            onPick={(status) => onChange({ ...leaf, status: contactStatus.parse(status) })}
          />
          {leaf.status !== 'active' && (
            <WhenEditor
              when={leaf.when}
              optional
              onChange={(when) => onChange({ type: 'status', status: leaf.status, ...(when ? { when } : {}) })}
            />
          )}
        </>
      )
    case 'group':
      return (
        <Which
          label="Group"
          data={choices.group}
          value={leaf.groupId}
          onPick={(groupId) => onChange({ ...leaf, groupId })}
        />
      )
    case 'topic':
      return (
        <Which
          label="Topic"
          data={choices.topic}
          value={leaf.topicId}
          onPick={(topicId) => onChange({ ...leaf, topicId })}
        />
      )
    case 'import':
      return (
        <Which
          label="Import"
          data={choices.import}
          value={leaf.importId}
          onPick={(importId) => onChange({ ...leaf, importId })}
        />
      )
    case 'source':
      return (
        <Pick
          label="Source"
          words={sourceWords}
          value={leaf.source}
          onPick={(source) => onChange({ ...leaf, source: contactSource.parse(source) })}
        />
      )
    case 'mailing':
      return (
        <>
          <Pick label="What happened" words={didWords} value={leaf.did} onPick={(did) => onChange({ ...leaf, did })} />
          <Which
            label="Mailing"
            data={[{ value: 'any', label: 'any mailing' }, ...choices.mailing]}
            value={leaf.mailingId ?? 'any'}
            onPick={(id) => {
              const { mailingId: _, ...others } = leaf
              onChange(id === 'any' ? others : { ...others, mailingId: id })
            }}
          />
          <WhenEditor
            when={leaf.when}
            optional
            onChange={(when) => {
              const { when: _, ...others } = leaf
              onChange(when ? { ...others, when } : others)
            }}
          />
        </>
      )
    default:
      return <WhenEditor when={leaf.when} onChange={(when) => when && onChange({ ...leaf, when })} />
  }
}

function Pick<Value extends string>({
  label,
  words,
  value,
  onPick,
}: {
  label: string
  words: Record<Value, string>
  value: Value
  onPick: (value: Value) => void
}) {
  const isOne = (text: string): text is Value => text in words
  const data = Object.keys(words)
    .filter(isOne)
    .map((one) => ({ value: one, label: words[one] }))
  return (
    <Select
      aria-label={label}
      data={data}
      value={value}
      allowDeselect={false}
      onChange={(next) => next !== null && isOne(next) && onPick(next)}
      w={160}
    />
  )
}

type WhichProps = {
  label: string
  data: { value: string; label: string }[]
  value: string
  onPick: (value: string) => void
}

function Which({ label, data, value, onPick }: WhichProps) {
  return (
    <Select
      aria-label={label}
      placeholder={data.length === 0 ? 'There is none yet' : 'Choose'}
      data={data}
      value={value || null}
      searchable
      allowDeselect={false}
      onChange={(next) => next !== null && onPick(next)}
      w={180}
    />
  )
}

/** Moves up and down and removal, for conditions and groups alike. */
export function MoveActs({
  name,
  onUp,
  onDown,
  onRemove,
}: {
  name: string
  onUp: (() => void) | undefined
  onDown: (() => void) | undefined
  onRemove: (() => void) | undefined
}) {
  return (
    <span className="row one acts-of-row">
      <IconAct icon={IconArrowUp} name={`Move ${name} up`} onClick={onUp} />
      <IconAct icon={IconArrowDown} name={`Move ${name} down`} onClick={onDown} />
      <IconAct icon={IconX} name={`Remove ${name}`} onClick={onRemove} />
    </span>
  )
}
