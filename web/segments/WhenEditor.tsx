import { NumberInput, Select, TextInput } from '@mantine/core'
import type { When } from '../../src/audience/condition.contract.ts'

const operators: { value: When['op'] | 'ever'; label: string }[] = [
  { value: 'in_last', label: 'in the last days' },
  { value: 'not_in_last', label: 'not in the last days' },
  { value: 'after', label: 'after' },
  { value: 'before', label: 'before' },
  { value: 'between', label: 'between' },
]

const atStart = (day: string) => `${day}T00:00:00.000Z`
const today = () => new Date().toISOString().slice(0, 10)

function changed(op: string | null): When | undefined {
  if (op === 'in_last' || op === 'not_in_last') return { op, days: 30 }
  if (op === 'after' || op === 'before') return { op, at: atStart(today()) }
  return op === 'between' ? { op, from: atStart(today()), to: atStart(today()) } : undefined
}

/** When something happened; with `optional` also at any time. */
export function WhenEditor({
  when,
  optional = false,
  onChange,
}: {
  when: When | undefined
  optional?: boolean
  onChange: (when: When | undefined) => void
}) {
  const date = (label: string, at: string, write: (at: string) => When) => (
    <TextInput
      type="date"
      aria-label={label}
      value={at.slice(0, 10)}
      onChange={(event) => event.currentTarget.value && onChange(write(atStart(event.currentTarget.value)))}
    />
  )
  return (
    <>
      <Select
        aria-label="When"
        data={optional ? [{ value: 'ever', label: 'at any time' }, ...operators] : operators}
        value={when?.op ?? 'ever'}
        allowDeselect={false}
        onChange={(op) => onChange(changed(op))}
        w={180}
      />
      {when && 'days' in when && (
        <NumberInput
          aria-label="Days"
          min={1}
          max={36_500}
          allowDecimal={false}
          value={when.days}
          onChange={(days) => typeof days === 'number' && days >= 1 && onChange({ ...when, days })}
          w={90}
        />
      )}
      {when && 'at' in when && date('Day', when.at, (at) => ({ ...when, at }))}
      {when?.op === 'between' && (
        <>
          {date('From', when.from, (from) => ({ ...when, from }))}
          {date('To', when.to, (to) => ({ ...when, to }))}
        </>
      )}
    </>
  )
}
