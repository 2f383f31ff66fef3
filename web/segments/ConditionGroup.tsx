import { Button, Select } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { type Condition, MOST_DEPTH } from '../../src/audience/condition.contract.ts'
import { ConditionRow, MoveActs } from './ConditionRow.tsx'
import type { Choices } from './choices.ts'
import { conditionOf, fresh, groupOf, isLeaf, type Together } from './tree.ts'

const togethers: { value: Together; label: string }[] = [
  { value: 'all', label: 'All of these are true' },
  { value: 'any', label: 'Any of these is true' },
  { value: 'none', label: 'None of these is true' },
]

/** Problems by the path that the server gives, such as /condition/of/0. */
export type Problems = Map<string, string>

/** Conditions that go together, with groups inside them. */
export function ConditionGroup({
  condition,
  choices,
  problems,
  path,
  depth = 1,
  acts,
  onChange,
}: {
  condition: Condition
  choices: Choices
  problems: Problems
  path: string
  depth?: number
  acts?: ReactNode
  onChange: (condition: Condition) => void
}) {
  const group = groupOf(condition)
  const inner = condition.type === 'not' && condition.of.type === 'any' ? `${path}/of/of` : `${path}/of`
  const write = (of: Condition[]) => onChange(conditionOf({ ...group, of }))
  const moved = (from: number, to: number) => () => {
    const of = [...group.of]
    of.splice(to, 0, ...of.splice(from, 1))
    write(of)
  }
  return (
    <div
      className="condition-group"
      role="group"
      aria-label={togethers.find(({ value }) => value === group.together)?.label ?? ''}
    >
      <div className="row">
        <Select
          aria-label="How these go together"
          data={togethers}
          value={group.together}
          allowDeselect={false}
          onChange={(value) => {
            const together = togethers.find((one) => one.value === value)?.value
            if (together) onChange(conditionOf({ ...group, together }))
          }}
          w={210}
        />
        <span className="grow" />
        {acts}
      </div>
      <ul>
        {group.of.map((one, place) => {
          const at = `${inner}/${place}`
          const own = (
            <MoveActs
              name={isLeaf(one) ? `condition ${place + 1}` : `group ${place + 1}`}
              onUp={place > 0 ? moved(place, place - 1) : undefined}
              onDown={place < group.of.length - 1 ? moved(place, place + 1) : undefined}
              onRemove={
                group.of.length > 1 || depth > 1
                  ? () => write(group.of.filter((_, index) => index !== place))
                  : undefined
              }
            />
          )
          const set = (next: Condition) => write(group.of.with(place, next))
          return isLeaf(one) ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: conditions have no id but their place
            <ConditionRow
              key={place}
              leaf={one}
              choices={choices}
              problem={problemAt(problems, at)}
              acts={own}
              onChange={set}
            />
          ) : (
            // biome-ignore lint/suspicious/noArrayIndexKey: as above
            <li key={place}>
              <ConditionGroup
                condition={one}
                choices={choices}
                problems={problems}
                path={at}
                depth={depth + 1}
                acts={own}
                onChange={set}
              />
            </li>
          )
        })}
      </ul>
      <div className="row">
        <Button
          variant="default"
          size="compact-md"
          leftSection={<IconPlus size={15} aria-hidden />}
          onClick={() => write([...group.of, fresh('address', {})])}
        >
          Add condition
        </Button>
        {depth < Math.min(MOST_DEPTH - 2, 5) && (
          <Button
            variant="default"
            size="compact-md"
            leftSection={<IconPlus size={15} aria-hidden />}
            onClick={() => write([...group.of, { type: 'any', of: [fresh('address', {})] }])}
          >
            Add group
          </Button>
        )}
      </div>
    </div>
  )
}

/** A problem of the condition itself or of one of its parts, but not of conditions inside it. */
function problemAt(problems: Problems, path: string): string | undefined {
  for (const [at, message] of problems)
    if (at === path || (at.startsWith(`${path}/`) && !at.slice(path.length).startsWith('/of/'))) return message
  return undefined
}
