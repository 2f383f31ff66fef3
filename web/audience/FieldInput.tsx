import { MultiSelect, NumberInput, Select, Textarea, TextInput } from '@mantine/core'
import type { Field, FieldValue } from '../../src/audience/field.contract.ts'

type Props = {
  field: Field
  /** What is entered; an empty text or list means nothing. */
  value: FieldValue
  error?: string | undefined
  /** Says of fields that may be empty that they may. */
  says?: boolean
  onChange: (value: FieldValue) => void
}

/** The input that fits a field's type. */
export function FieldInput({ field, value, error, says = false, onChange }: Props) {
  const common = {
    label: says && !field.required ? `${field.label} (if you like)` : field.label,
    error,
    autoComplete: 'off',
    required: field.required,
    withAsterisk: false,
  }
  const text = typeof value === 'string' ? value : ''
  switch (field.type) {
    case 'short':
      return <TextInput {...common} value={text} onChange={(event) => onChange(event.currentTarget.value)} />
    case 'long':
      return (
        <Textarea
          {...common}
          autosize
          minRows={2}
          maxRows={10}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      )
    case 'number':
      return (
        <NumberInput
          {...common}
          hideControls
          value={typeof value === 'number' ? value : text}
          onChange={(entered) => onChange(entered)}
        />
      )
    case 'date':
      return (
        <TextInput
          {...common}
          type="date"
          min="0001-01-01"
          max="9999-12-31"
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      )
    case 'one_of':
      return (
        <Select
          {...common}
          data={withFormer(field, text === '' ? [] : [text])}
          value={text || null}
          clearable={!field.required}
          searchable={field.options.length > 8}
          clearButtonProps={{ 'aria-label': `Clear ${field.label}` }}
          comboboxProps={{ keepMounted: false }}
          onChange={(option) => onChange(option ?? '')}
        />
      )
    case 'several_of': {
      const chosen = Array.isArray(value) ? value : []
      return (
        <MultiSelect
          {...common}
          data={withFormer(field, chosen)}
          value={chosen}
          searchable // or its input, which has the name, cannot be clicked
          comboboxProps={{ keepMounted: false }}
          onChange={onChange}
        />
      )
    }
    case 'yes_no':
      return (
        <Select
          {...common}
          data={['Yes', 'No']}
          value={typeof value === 'boolean' ? (value ? 'Yes' : 'No') : null}
          clearable={!field.required}
          clearButtonProps={{ 'aria-label': `Clear ${field.label}` }}
          comboboxProps={{ keepMounted: false }}
          onChange={(word) => onChange(word === null ? '' : word === 'Yes')}
        />
      )
  }
}

/** An option that the field lost meanwhile may stay where it is. */
const withFormer = ({ options }: Field, chosen: string[]) => [...new Set([...options, ...chosen])]
