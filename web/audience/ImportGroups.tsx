import { Button, Checkbox, Text, TextInput } from '@mantine/core'
import { IconArrowRight, IconPlus } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { newGroup } from '../../src/audience/group.contract.ts'
import type { AudienceImport } from '../../src/audience/import.contract.ts'
import { paths } from '../paths.ts'
import { ButtonLink } from '../ui/links.tsx'
import { Panel } from '../ui/Panel.tsx'
import { Waiting } from '../ui/Waiting.tsx'
import { useGroups } from './groups.ts'
import { ImportOpen, ImportStep } from './ImportStep.tsx'
import { type Plan, readPlan, writePlan } from './imports.ts'

export function ImportGroups() {
  return <ImportOpen>{(one) => <Groups import={one} />}</ImportOpen>
}

function Groups({ import: one }: { import: AudienceImport }) {
  const groups = useGroups()
  const navigate = useNavigate()
  const field = useRef<HTMLInputElement>(null)
  const [plan, setPlan] = useState(() => readPlan(one))
  const [name, setName] = useState('')
  const [problem, setProblem] = useState('')
  function change(next: Partial<Plan>) {
    const changed = { ...plan, ...next }
    setPlan(changed)
    writePlan(one.id, changed)
  }
  /** Takes the new name; a group that exists is ticked instead. Empty is no problem on the way to the next step. */
  function takeName(): boolean {
    const parsed = newGroup.safeParse({ name })
    setProblem(parsed.error?.issues[0]?.message ?? '')
    if (!parsed.success) {
      field.current?.focus()
      return false
    }
    const existing = groups.data?.find((group) => same(group.name, parsed.data.name))
    if (existing) change({ groupIds: [...new Set([...plan.groupIds, existing.id])] })
    else if (!plan.newGroups.some((other) => same(other, parsed.data.name)))
      change({ newGroups: [...plan.newGroups, parsed.data.name] })
    setName('')
    return true
  }
  function go() {
    if (name.trim() !== '' && !takeName()) return
    void navigate({ to: paths.importStep(one.id, 'check') })
  }
  const toggle = (list: string[], item: string) =>
    list.includes(item) ? list.filter((other) => other !== item) : [...list, item]
  return (
    <ImportStep
      import={one}
      step="Choose your groups"
      title="Choose your groups"
      note="Everybody in the file joins the groups you tick. People who opted out are not added to any."
      foot={
        <>
          <ButtonLink to={paths.importStep(one.id, 'columns')} variant="default">
            Back
          </ButtonLink>
          <div className="grow" />
          <Button rightSection={<IconArrowRight size={16} aria-hidden />} onClick={go}>
            Continue
          </Button>
        </>
      }
    >
      <Panel>
        <form
          className="stack steps-groups"
          noValidate
          onSubmit={(event) => {
            event.preventDefault()
            takeName()
          }}
        >
          {!groups.data ? (
            <Waiting />
          ) : groups.data.length + plan.newGroups.length === 0 ? (
            <Text size="sm" c="dimmed">
              There are no groups yet. Add one, or go on without.
            </Text>
          ) : (
            <div className="stack tight" role="group" aria-label="Groups">
              {groups.data.map((group) => (
                <Checkbox
                  key={group.id}
                  label={group.name}
                  checked={plan.groupIds.includes(group.id)}
                  onChange={() => change({ groupIds: toggle(plan.groupIds, group.id) })}
                />
              ))}
              {plan.newGroups.map((made) => (
                <Checkbox
                  key={made}
                  label={made}
                  description="New group, made by this import"
                  checked
                  onChange={() => change({ newGroups: plan.newGroups.filter((other) => other !== made) })}
                />
              ))}
            </div>
          )}
          <div className="row add-group">
            <TextInput
              ref={field}
              label="Add a new group"
              className="grow"
              autoComplete="off"
              value={name}
              error={problem}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <Button type="submit" variant="default" leftSection={<IconPlus size={15} aria-hidden />}>
              Add
            </Button>
          </div>
        </form>
      </Panel>
    </ImportStep>
  )
}

const same = (one: string, other: string) => one.trim().toLowerCase() === other.trim().toLowerCase()
