import { MultiSelect, NumberInput, Select, TagsInput, TextInput } from '@mantine/core'
import { fieldOperators } from '../../src/audience/condition.contract.ts'
import type { Field } from '../../src/audience/field.contract.ts'
import { editorOf, type Leaf, startValues } from './tree.ts'
import { operatorWords } from './words.ts'

type FieldLeaf = Extract<Leaf, { type: 'field' }>
type Value = FieldLeaf['values'][number]

/** Comparison and value of a condition on a field, by the field's type. */
export function FieldEditor({
  leaf,
  field,
  onChange,
}: {
  leaf: FieldLeaf
  field: Field
  onChange: (leaf: FieldLeaf) => void
}) {
  const operators = fieldOperators[field.type]
  return (
    <>
      <Select
        aria-label="Comparison"
        data={operators.map((value) => ({ value, label: operatorWords[value] }))}
        value={leaf.op}
        allowDeselect={false}
        onChange={(value) => {
          const op = operators.find((one) => one === value)
          if (!op) return
          const keeps = editorOf(op) === editorOf(leaf.op)
          onChange({ ...leaf, op, values: keeps ? leaf.values : startValues(field.type, op, field.options) })
        }}
        w={160}
      />
      <Values leaf={leaf} field={field} onChange={onChange} />
    </>
  )
}

function Values({ leaf, field, onChange }: { leaf: FieldLeaf; field: Field; onChange: (leaf: FieldLeaf) => void }) {
  const editor = editorOf(leaf.op)
  const write = (values: Value[]) => onChange({ ...leaf, values })
  if (editor === 'none') return null
  if (editor === 'days')
    return (
      <NumberInput
        aria-label="Days"
        min={1}
        max={36_500}
        allowDecimal={false}
        value={Number(leaf.values[0] ?? 1)}
        onChange={(days) => typeof days === 'number' && days >= 1 && write([days])}
        w={90}
      />
    )
  if (editor === 'many') {
    const texts = leaf.values.map(String)
    return field.options.length > 0 ? (
      <MultiSelect aria-label="Values" data={field.options} value={texts} onChange={write} searchable miw={220} />
    ) : (
      <TagsInput aria-label="Values" value={texts} onChange={write} miw={220} placeholder="Enter after each" />
    )
  }
  const set = (place: number) => (value: Value) => write(leaf.values.with(place, value))
  return (
    <>
      <OneValue field={field} value={leaf.values[0] ?? ''} label="Value" onChange={set(0)} />
      {editor === 'two' && (
        <>
          <span className="dim">and</span>
          <OneValue field={field} value={leaf.values[1] ?? ''} label="Second value" onChange={set(1)} />
        </>
      )}
    </>
  )
}

type OneProps = { field: Field; value: Value; label: string; onChange: (value: Value) => void }

function OneValue({ field, value, label, onChange }: OneProps) {
  if (field.type === 'number')
    return (
      <NumberInput
        aria-label={label}
        value={typeof value === 'number' ? value : ''}
        onChange={(next) => typeof next === 'number' && onChange(next)}
        w={130}
      />
    )
  if (field.type === 'yes_no')
    return (
      <Select
        aria-label={label}
        data={['Yes', 'No']}
        value={value === false ? 'No' : 'Yes'}
        allowDeselect={false}
        onChange={(next) => onChange(next === 'Yes')}
        w={100}
      />
    )
  if (field.type === 'one_of')
    return (
      <Select
        aria-label={label}
        data={field.options}
        value={String(value)}
        searchable
        allowDeselect={false}
        onChange={(next) => next !== null && onChange(next)}
        w={200}
      />
    )
  return (
    <TextInput
      aria-label={label}
      {...(field.type === 'date' ? { type: 'date' } : {})}
      value={String(value)}
      onChange={(event) => onChange(event.currentTarget.value)}
      w={160}
    />
  )
}
