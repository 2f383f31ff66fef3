import { VisuallyHidden } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import type { Field } from '../../src/audience/field.contract.ts'
import { Copy } from '../ui/Copy.tsx'
import { count } from '../ui/format.ts'
import { IconAct } from '../ui/IconAct.tsx'
import { movedIds, RowActs } from '../ui/RowActs.tsx'
import { fieldTypes, mergePoint, useFieldArchive, useFieldOrder } from './fields.ts'

type TableProps = { fields: Field[]; archived: boolean; onEdit: (field: Field) => void }

export function FieldTable({ fields, archived, onEdit }: TableProps) {
  const order = useFieldOrder()
  const archive = useFieldArchive()
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
                {field.editable && <div className="dim note">People can change it</div>}
                {field.options.length > 0 && <div className="dim note">{someOf(field.options)}</div>}
              </td>
              <td className="only-wide">{fieldTypes[field.type]}</td>
              <td className="only-wide">{field.required ? 'Required' : <span className="dim">No</span>}</td>
              <td className="only-wide">
                <MergePoint field={field} />
              </td>
              <td>
                <RowActs
                  name={field.label}
                  place={place}
                  last={fields.length - 1}
                  archived={archived}
                  onMove={(to) => order.mutate(movedIds(fields, place, to))}
                  onEdit={() => onEdit(field)}
                  onArchive={() => archive.mutate({ id: field.id, to: archived ? 'restore' : 'archive' })}
                />
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
          <IconAct
            icon={copied ? IconCheck : IconCopy}
            name={copied ? 'Copied' : `Copy the merge point of ${field.label}`}
            onClick={copy}
          />
        )}
      </Copy>
    </span>
  )
}
