import { ActionIcon, Group, Tooltip, VisuallyHidden } from '@mantine/core'
import {
  IconArchive,
  IconArrowDown,
  IconArrowUp,
  IconCheck,
  IconCopy,
  IconPencil,
  IconRestore,
} from '@tabler/icons-react'
import type { Field } from '../../src/audience/field.contract.ts'
import { Copy } from '../ui/Copy.tsx'
import { count } from '../ui/format.ts'
import type { Icon } from '../ui/look.ts'
import { fieldTypes, mergePoint, useFieldArchive, useFieldOrder } from './fields.ts'

type TableProps = { fields: Field[]; archived: boolean; onEdit: (field: Field) => void }

export function FieldTable({ fields, archived, onEdit }: TableProps) {
  const order = useFieldOrder()
  const archive = useFieldArchive()
  const moved = (from: number, to: number) => {
    const ids = fields.map(({ id }) => id)
    ids.splice(to, 0, ...ids.splice(from, 1))
    order.mutate(ids)
  }
  return (
    <section className="panel scroll" aria-label="Fields">
      <table className="grid">
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col" className="only-wide">
              Type
            </th>
            <th scope="col" className="only-wide">
              Required
            </th>
            <th scope="col" className="only-wide">
              Merge point
            </th>
            <th scope="col">
              <VisuallyHidden>Actions</VisuallyHidden>
            </th>
          </tr>
        </thead>
        <tbody>
          {fields.map((field, place) => (
            <tr key={field.id}>
              <td>
                <div>{field.label}</div>
                {field.options.length > 0 && <div className="dim note">{someOf(field.options)}</div>}
              </td>
              <td className="only-wide">{fieldTypes[field.type]}</td>
              <td className="only-wide">{field.required ? 'Required' : <span className="dim">No</span>}</td>
              <td className="only-wide">
                <MergePoint field={field} />
              </td>
              <td>
                <Group gap={4} justify="flex-end" wrap="nowrap">
                  {!archived && (
                    <>
                      <Act
                        icon={IconArrowUp}
                        name={`Move ${field.label} up`}
                        disabled={place === 0}
                        onClick={() => moved(place, place - 1)}
                      />
                      <Act
                        icon={IconArrowDown}
                        name={`Move ${field.label} down`}
                        disabled={place === fields.length - 1}
                        onClick={() => moved(place, place + 1)}
                      />
                      <Act icon={IconPencil} name={`Change ${field.label}`} onClick={() => onEdit(field)} />
                    </>
                  )}
                  <Act
                    icon={archived ? IconRestore : IconArchive}
                    name={`${archived ? 'Restore' : 'Archive'} ${field.label}`}
                    onClick={() => archive.mutate({ id: field.id, to: archived ? 'restore' : 'archive' })}
                  />
                </Group>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

const MOST_SHOWN = 5

function someOf(options: string[]): string {
  const more = options.length - MOST_SHOWN
  return options.slice(0, MOST_SHOWN).join(', ') + (more > 0 ? ` and ${count(more)} more` : '')
}

function MergePoint({ field }: { field: Field }) {
  return (
    <span className="row one">
      <code className="mono nowrap">{mergePoint(field)}</code>
      <Copy value={mergePoint(field)}>
        {(copy, copied) => (
          <Act
            icon={copied ? IconCheck : IconCopy}
            name={copied ? 'Copied' : `Copy the merge point of ${field.label}`}
            onClick={copy}
          />
        )}
      </Copy>
    </span>
  )
}

type ActProps = { icon: Icon; name: string; disabled?: boolean; onClick: () => void }

function Act({ icon: Sign, name, disabled = false, onClick }: ActProps) {
  return (
    <Tooltip label={name}>
      <ActionIcon variant="subtle" color="gray" aria-label={name} disabled={disabled} onClick={onClick}>
        <Sign size={16} stroke={1.7} aria-hidden />
      </ActionIcon>
    </Tooltip>
  )
}
