import { Badge, Button, Checkbox, Radio, Select, Text } from '@mantine/core'
import { IconArrowRight, IconLock } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { z } from 'zod'
import type { Field, FieldType } from '../../src/audience/field.contract.ts'
import { type AudienceImport, type importColumn, importMode } from '../../src/audience/import.contract.ts'
import { paths } from '../paths.ts'
import { ButtonLink } from '../ui/links.tsx'
import { Panel } from '../ui/Panel.tsx'
import { useFields } from './contacts.ts'
import { ImportReading, ImportRemarks } from './ImportReading.tsx'
import { ImportOpen, ImportStep } from './ImportStep.tsx'
import { forgetPlan, type Plan, readPlan, writePlan } from './imports.ts'

type Column = z.infer<typeof importColumn>
/** Mantine's Select takes an empty value for none. */
const leaveOut = 'leave_out'

export function ImportColumns() {
  return <ImportOpen>{(one) => <Columns import={one} />}</ImportOpen>
}

function Columns({ import: one }: { import: AudienceImport }) {
  const fields = useFields()
  const navigate = useNavigate()
  const [plan, setPlan] = useState(() => readPlan(one))
  const [problem, setProblem] = useState('')
  function change(next: Partial<Plan>) {
    const changed = { ...plan, ...next }
    setPlan(changed)
    writePlan(one.id, changed)
    setProblem('')
  }
  function go() {
    const found = problemOf(plan, fields.data?.items ?? [])
    setProblem(found)
    if (found) return
    writePlan(one.id, plan)
    void navigate({ to: paths.importStep(one.id, plan.asOptOuts ? 'check' : 'groups') })
  }
  const imported = one.file.columns.filter(({ name }) => plan.mapping[name]).length
  return (
    <ImportStep
      import={one}
      step="Match columns"
      title="Match columns"
      note="Say where each column of your file goes. We guessed from the headers and the values: look through it."
      foot={
        <>
          <ButtonLink to={paths.newImport} variant="default">
            Back
          </ButtonLink>
          <div className="grow" />
          <Text size="sm" c="dimmed" className="only-wide">
            {imported} of {one.file.columns.length} columns are imported
          </Text>
          <Button rightSection={<IconArrowRight size={16} aria-hidden />} onClick={go}>
            Continue
          </Button>
        </>
      }
    >
      <ImportRemarks import={one} />
      {problem && (
        <Text c="red" size="sm" role="alert">
          {problem}
        </Text>
      )}
      <section className="panel scroll" aria-label="Columns">
        <table className="grid columns-table">
          <thead>
            <tr>
              <th scope="col">Column in the file</th>
              <th scope="col">First rows</th>
              <th scope="col">Goes to</th>
              <th scope="col">Note</th>
            </tr>
          </thead>
          <tbody>
            {one.file.columns.map((column) => (
              <tr key={column.name}>
                <th scope="row">{column.name}</th>
                <td className="samples dim">
                  {column.samples.slice(0, 2).map((sample, index) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: rows of the file
                    <div key={index}>{sample || '(empty)'}</div>
                  ))}
                </td>
                <td>
                  <Select
                    aria-label={`Where ${column.name} goes`}
                    data={targets(column, plan.mapping[column.name], fields.data?.items ?? [])}
                    value={plan.mapping[column.name] || leaveOut}
                    onChange={(value) =>
                      change({ mapping: { ...plan.mapping, [column.name]: value === leaveOut ? '' : (value ?? '') } })
                    }
                    w={220}
                    searchable
                  />
                </td>
                <td>
                  <Note column={column} target={plan.mapping[column.name] ?? ''} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <Choices plan={plan} onChange={change} />
      <ImportReading import={one} onRead={(again) => setPlan(forgetAndRead(again))} />
    </ImportStep>
  )
}

function Choices({ plan, onChange }: { plan: Plan; onChange: (next: Partial<Plan>) => void }) {
  return (
    <>
      <Panel title="Everybody in this file opted out">
        <Checkbox
          label="Opt out every address of this file and add nobody"
          description="For a list of people who unsubscribed somewhere else. They need not be contacts."
          checked={plan.asOptOuts ?? false}
          onChange={(event) => onChange({ asOptOuts: event.currentTarget.checked })}
        />
      </Panel>
      {!plan.asOptOuts && (
        <div className="two">
          <Panel title="Contacts that are already here">
            <Radio.Group
              aria-label="Contacts that are already here"
              value={plan.mode}
              onChange={(value) => onChange({ mode: importMode.catch('add_and_update').parse(value) })}
            >
              <div className="stack tight">
                <Radio value="add_and_update" label="Add new ones and update the rest" />
                <Radio value="add_only" label="Add new ones only" />
                <Radio value="update_only" label="Update only" />
              </div>
            </Radio.Group>
          </Panel>
          <Panel title="Empty cells">
            <Radio.Group
              aria-label="Empty cells"
              value={plan.emptyCells}
              onChange={(value) => onChange({ emptyCells: value === 'clear' ? 'clear' : 'keep' })}
            >
              <div className="stack tight">
                <Radio value="keep" label="Keep what the contact has" />
                <Radio value="clear" label="Clear the field" />
              </div>
            </Radio.Group>
          </Panel>
        </div>
      )}
    </>
  )
}

const newTypes: Record<FieldType, string> = {
  short: 'text',
  long: 'long text',
  number: 'numbers',
  date: 'dates',
  one_of: 'options',
  several_of: 'options',
  yes_no: 'yes or no',
}

function Note({ column, target }: { column: Column; target: string }) {
  if (target === '') return <Badge color="gray">Not imported</Badge>
  if (target === 'opt_out')
    return (
      <Badge color="optOut" leftSection={<IconLock size={11} aria-hidden />}>
        Rows that say yes are opted out
      </Badge>
    )
  if (target.startsWith('new:')) return <Badge color="brand">New field, {newTypes[column.newType ?? 'short']}</Badge>
  if (target !== column.guess || column.guessedBy === 'none') return <Badge color="gray">Chosen by you</Badge>
  return <Badge color="active">{column.guessedBy === 'name' ? 'Matched by name' : 'Matched by values'}</Badge>
}

function targets(column: Column, chosen: string | undefined, fields: Field[]) {
  const label = newLabel(column.name)
  const known = [
    { value: 'address', label: 'Address' },
    ...fields.map((field) => ({ value: field.name, label: field.label })),
    { value: 'opt_out', label: 'Opt-out' },
    { value: leaveOut, label: 'Leave out' },
    ...(label ? [{ value: `new:${label}`, label: `New field: ${label}` }] : []),
  ]
  const missing = chosen && !known.some(({ value }) => value === chosen)
  return missing ? [...known, { value: chosen, label: chosen.replace(/^new:/, 'New field: ') }] : known
}

/** Other columns have other names, so what was chosen for them is gone. */
function forgetAndRead(one: AudienceImport): Plan {
  forgetPlan(one.id)
  return readPlan(one)
}

const newLabel = (column: string) => column.trim().slice(0, 63)

/** Every target takes one column, and an address there must be. */
function problemOf({ mapping, asOptOuts }: Plan, fields: Field[]): string {
  const used = Object.values(mapping).filter(Boolean)
  if (!used.includes('address')) return 'Say which column holds the address.'
  const twice = used.find((target, index) => used.indexOf(target) !== index)
  if (!twice || asOptOuts) return ''
  const name = { address: 'Address', opt_out: 'Opt-out' }[twice] ?? fields.find((field) => field.name === twice)?.label
  return `Two columns go to ${name ?? twice.replace(/^new:/, '')}. Leave one of them out.`
}
