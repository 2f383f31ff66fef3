import type { RawBuilder } from 'kysely'
import { maskAddress } from '../optouts/address.ts'
import { type Db, row, rows, sql, type Trx } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import type { AudienceErrorCode } from './errors.ts'
import type { ExportColumn, NewExport } from './export.contract.ts'
import type { Cell } from './xlsx-write.ts'

const PAGE = 2000
/** Of one row, as one JSON array: half the work of a column for each; PostgreSQL takes at most 100 in one. */
const TOGETHER = 90

type Read = { label: string; value: RawBuilder<unknown>; cell: (value: unknown) => Cell }
type ExportedRow = { opted_out: boolean } & Record<`c${number}`, unknown[]>

const text = (value: unknown): Cell => (typeof value === 'string' ? value : null)
const statusWords: Record<string, string> = { active: 'Active', error: 'Error', opt_out: 'Opt-Out' }
const sourceWords: Record<string, string> = { operator: 'Operator', api: 'API', import: 'Import', form: 'Sign-up form' }

const optedOut = sql`exists (select from standing_optouts standing
  where standing.account_id = contact.account_id and standing.address_key = contact.address_key)`

const fixed: Record<Exclude<ExportColumn, `fields.${string}`>, Read> = {
  address: { label: 'Email', value: sql`contact.address`, cell: text },
  status: {
    label: 'Status',
    value: sql`case when ${optedOut} then 'opt_out'
      when exists (select from contact_errors failure
                   where failure.account_id = contact.account_id and failure.contact_id = contact.contact_id) then 'error'
      else 'active' end`,
    cell: (value) => statusWords[String(value)] ?? '',
  },
  added: {
    label: 'Added',
    value: sql`contact.created_at`,
    cell: (value) => (typeof value === 'string' ? new Date(value) : null),
  },
  source: { label: 'Source', value: sql`contact.source`, cell: (value) => sourceWords[String(value)] ?? text(value) },
  groups: {
    label: 'Groups',
    value: sql`(select string_agg(groups.name, '; ' order by lower(groups.name collate "und-x-icu"), groups.group_id)
      from group_members member join groups on groups.account_id = member.account_id and groups.group_id = member.group_id
      where member.account_id = contact.account_id and member.contact_id = contact.contact_id and groups.archived_at is null)`,
    cell: text,
  },
  topics: {
    label: 'Topics',
    value: sql`(select string_agg(topic.name, '; ' order by topic.position, topic.topic_id)
      from contact_topics chosen join topics topic on topic.account_id = chosen.account_id and topic.topic_id = chosen.topic_id
      where chosen.account_id = contact.account_id and chosen.contact_id = contact.contact_id and chosen.chosen and topic.archived_at is null)`,
    cell: text,
  },
}

const masked = (cell: Cell | undefined) => (typeof cell === 'string' ? maskAddress(cell) : null)
const isFixed = (column: string): column is keyof typeof fixed => column in fixed

/**
 * What the columns of an export are called and how each is read.
 *
 * @throws DomainError field.unknown
 */
export async function exportColumns(db: Db, accountId: string, columns: ExportColumn[]): Promise<Read[]> {
  const fields = await rows(
    db,
    sql<{
      name: string
      label: string
      type: string
    }>`select name, label, type from fields where account_id = ${accountId}`,
  )
  return columns.map((column) => {
    if (isFixed(column)) return fixed[column]
    const field = fields.find(({ name }) => `fields.${name}` === column)
    if (!field)
      throw new DomainError<AudienceErrorCode>('field.unknown', `There is no field “${column.replace('fields.', '')}”.`)
    return { label: field.label, value: sql`contact.fields -> ${field.name}::text`, cell: cellOf(field.type) }
  })
}

function cellOf(type: string): (value: unknown) => Cell {
  return (value) => {
    if (value === null || value === undefined) return null
    if (Array.isArray(value)) return value.join('; ')
    if (typeof value === 'boolean') return value ? 'yes' : 'no'
    if (typeof value === 'number') return value
    if (typeof value !== 'string') return JSON.stringify(value)
    return type === 'date' ? { day: value } : value
  }
}

/** How many are selected, and how many of them opted out. */
export async function countExported(
  trx: Trx,
  which: RawBuilder<unknown>,
): Promise<{ total: number; optedOut: number }> {
  const counted = await row(
    trx,
    sql<{ total: string; opted_out: string }>`
    select count(*) as total, count(*) filter (where ${optedOut}) as opted_out from contacts contact where ${which}`,
  )
  return { total: Number(counted.total), optedOut: Number(counted.opted_out) }
}

/** The rows of an export in the order in which contacts were added, some thousand at a time, through a cursor of `trx`. */
export async function* exportedRows(
  trx: Trx,
  which: RawBuilder<unknown>,
  columns: Read[],
  { includeOptedOut }: Pick<NewExport, 'includeOptedOut'>,
): AsyncGenerator<Cell[][]> {
  const parts: RawBuilder<unknown>[] = []
  for (let from = 0; from < columns.length; from += TOGETHER) {
    const values = columns.slice(from, from + TOGETHER).map(({ value }) => value)
    parts.push(sql`json_build_array(${sql.join(values)}) as ${sql.ref(`c${parts.length}`)}`)
  }
  await sql`set local cursor_tuple_fraction = 1`.execute(trx) // all of it is read
  await sql`
    declare exported no scroll cursor for
    select ${includeOptedOut ? optedOut : sql`false`} as opted_out, ${sql.join(parts)} from contacts contact
    where ${which} ${includeOptedOut ? sql`` : sql`and not ${optedOut}`} order by contact.contact_id`.execute(trx)
  const addresses = columns.flatMap((column, place) => (column === fixed.address ? [place] : []))
  const fetch = () => {
    const coming = rows(trx, sql<ExportedRow>`fetch ${sql.lit(PAGE)} from exported`)
    coming.catch(() => {}) // heard when it is awaited, unless nobody wants it any more
    return coming
  }
  let coming = fetch()
  for (;;) {
    const page = await coming
    if (page.length === 0) return
    coming = fetch() // the database works on it while this page is written
    yield page.map((found) => {
      const values = parts.length === 1 ? (found.c0 ?? []) : parts.flatMap((_, part) => found[`c${part}`] ?? [])
      const cells = columns.map(({ cell }, place) => cell(values[place]))
      if (found.opted_out) for (const place of addresses) cells[place] = masked(cells[place]) // LW-6
      return cells
    })
  }
}
