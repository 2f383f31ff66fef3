import type { FieldType, FieldValue } from '../../src/audience/field.contract.ts'
import { count, day, listed } from '../ui/format.ts'

/** A value as it is read: numbers with separators, days in words. */
export function FieldValueText({ type, value }: { type: FieldType; value: FieldValue }) {
  if (Array.isArray(value)) return listed(value)
  if (typeof value === 'boolean') return value ? 'Yes' : 'No'
  if (typeof value === 'number') return <span className="num">{count(value)}</span>
  if (type !== 'date') return <span className="kept-lines">{value}</span>
  return (
    <time className="num" dateTime={value}>
      {Number.isNaN(Date.parse(value)) ? value : day(value, 'UTC')}
    </time>
  )
}
