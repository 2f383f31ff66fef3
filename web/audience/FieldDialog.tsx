import { Button, Checkbox, Modal, Select, Switch, Text, Textarea, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import {
  type Field,
  type FieldType,
  fieldChange,
  field as fieldSchema,
  fieldType,
  newField,
} from '../../src/audience/field.contract.ts'
import { faultsOf, messageOf, patch, post } from '../api.ts'
import { counted } from '../ui/format.ts'
import { noticeDone } from '../ui/notice.tsx'
import { fieldTypes, mergePoint, useFieldUse } from './fields.ts'

/** Asks for a new field, or for another name and other options of `field`. */
export function FieldDialog({ field, opened, onClose }: { field: Field | null; opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title={field ? 'Change the field' : 'Create a field'}>
      {opened && <FieldForm field={field} onClose={onClose} />}
    </Modal>
  )
}

type Faults = { label?: string; options?: string; other?: string }
const types = fieldType.options.map((value) => ({ value, label: fieldTypes[value] }))

/** How many contacts have an option that is taken away. */
function Removed({ field, lines }: { field: Field; lines: string }) {
  const left = new Set(lines.split('\n').map((line) => line.trim()))
  const removed = field.options.filter((option) => !left.has(option))
  const use = useFieldUse(field.id, removed.length > 0)
  const kept = use.data?.options.filter(({ option }) => removed.includes(option)) ?? []
  return (
    <Text size="sm" role="status">
      {kept
        .map(
          ({ option, contacts }) =>
            `${counted(contacts, 'contact has', 'contacts have')} “${option}” and ${contacts === 1 ? 'keeps' : 'keep'} it.`,
        )
        .join(' ')}
    </Text>
  )
}

function FieldForm({ field, onClose }: { field: Field | null; onClose: () => void }) {
  const [label, setLabel] = useState(field?.label ?? '')
  const [type, setType] = useState<FieldType>(field?.type ?? 'short')
  const [lines, setLines] = useState(field?.options.join('\n') ?? '')
  const [required, setRequired] = useState(field?.required ?? false)
  const [editable, setEditable] = useState(field?.editable ?? false)
  const [faults, setFaults] = useState<Faults>({})
  const client = useQueryClient()
  const hasOptions = type === 'one_of' || type === 'several_of'
  const save = useMutation({
    mutationFn: (body: Record<string, unknown>) =>
      field ? patch(`/fields/${field.id}`, fieldSchema, body) : post('/fields', fieldSchema, body),
    onSuccess: async (saved) => {
      await client.invalidateQueries({ queryKey: ['fields'] })
      noticeDone(field ? 'Saved.' : `Created ${saved.label}.`)
      onClose()
    },
    onError: (error) => {
      const { label: ofLabel, options } = faultsOf(error)
      if (ofLabel) setFaults({ label: ofLabel })
      else setFaults(options ? { options } : { other: messageOf(error) })
    },
  })
  function submit() {
    const options = hasOptions ? lines.split('\n').filter((line) => line.trim() !== '') : undefined
    const entered = { label, required, editable, ...(options ? { options } : {}) }
    const parsed = field ? fieldChange.safeParse(entered) : newField.safeParse({ ...entered, type })
    const found: Faults = {}
    for (const { path, message } of parsed.error?.issues ?? [])
      found[path[0] === 'options' || path[0] === 'label' ? path[0] : 'other'] ??= message
    if (hasOptions && options?.length === 0) found.options = 'Enter at least one option.'
    setFaults(found)
    if (parsed.success && Object.keys(found).length === 0) save.mutate(parsed.data)
  }
  return (
    <form
      className="stack tight"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <TextInput
        label="Name"
        description={
          field
            ? `Its merge point stays ${mergePoint(field)}.`
            : 'Its merge point is made from it: First name becomes contact.first_name.'
        }
        data-autofocus
        autoComplete="off"
        value={label}
        error={faults.label}
        onChange={(event) => setLabel(event.currentTarget.value)}
      />
      {field ? (
        <Text size="sm">
          <span className="dim">Type</span> {fieldTypes[field.type]}
        </Text>
      ) : (
        <Select
          label="Type"
          description="It cannot be changed later."
          data={types}
          value={type}
          allowDeselect={false}
          onChange={(value) => setType(fieldType.catch(type).parse(value))}
        />
      )}
      {hasOptions && (
        <Textarea
          label="Options"
          description={
            field
              ? 'One a line. Contacts keep an option that you take away until somebody changes it.'
              : 'One a line, in the order in which they are shown.'
          }
          autosize
          minRows={3}
          maxRows={12}
          value={lines}
          error={faults.options}
          onChange={(event) => setLines(event.currentTarget.value)}
        />
      )}
      {field && hasOptions && <Removed field={field} lines={lines} />}
      <Checkbox
        label="Required"
        description="Nobody is added or changed by hand without it. An import says which rows lack it."
        checked={required}
        onChange={(event) => setRequired(event.currentTarget.checked)}
      />
      <Switch
        label="People can change this on their preferences page"
        description="It is offered empty: what stands in it is never shown there."
        checked={editable}
        onChange={(event) => setEditable(event.currentTarget.checked)}
      />
      {faults.other && (
        <Text size="sm" c="red" role="alert">
          {faults.other}
        </Text>
      )}
      <div className="row dialog-acts">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={save.isPending}>
          {field ? 'Save' : 'Create field'}
        </Button>
      </div>
    </form>
  )
}
