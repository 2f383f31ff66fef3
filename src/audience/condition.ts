// A condition as one SQL boolean on `contacts contact`; what it compares with is always a bound value.
import type { RawBuilder } from 'kysely'
import { isAddress, readAddress } from '../optouts/address.ts'
import { type Db, rows, sql } from '../platform/database.ts'
import type { Condition } from './condition.contract.ts'
import { type FieldType, fieldSql, folded, foldedGiven, isFieldType } from './condition-field.ts'
import { type Calendar, calendarOf, isWhen } from './condition-time.ts'
import { choseTopic, hasStatus, inGroup } from './contact-facts.ts'

type Sql = RawBuilder<unknown>
type Of<Type extends Condition['type']> = Extract<Condition, { type: Type }>
type Context = { types: Map<string, FieldType>; calendar: Calendar }

/**
 * The contacts that a condition finds, as a condition on `contacts contact` that is true or false, never null.
 *
 * It takes every condition that checkCondition passed once, also when a group, mailing or field in it is gone by now:
 * nobody is in that then.
 */
export async function compileCondition(
  db: Db,
  accountId: string,
  condition: Condition,
  now = new Date(),
): Promise<Sql> {
  const context = { types: await fieldTypes(db, accountId), calendar: await calendarOf(db, accountId, now) }
  return compile(context, condition)
}

/** Types of the account's fields by name, archived ones too: contacts keep their values. */
export async function fieldTypes(db: Db, accountId: string): Promise<Map<string, FieldType>> {
  const found = await rows(
    db,
    sql<{ name: string; type: string }>`select name, type from fields where account_id = ${accountId}`,
  )
  return new Map(found.flatMap(({ name, type }) => (isFieldType(type) ? [[name, type] as const] : [])))
}

function compile(context: Context, condition: Condition): Sql {
  switch (condition.type) {
    case 'all':
      return joined(context, condition.of, sql` and `, sql`true`)
    case 'any':
      return joined(context, condition.of, sql` or `, sql`false`)
    case 'not':
      return sql`not ${compile(context, condition.of)}`
    case 'field': {
      const type = context.types.get(condition.field) ?? 'short'
      return sql`(${fieldSql(type, condition, context.calendar)})`
    }
    case 'address':
      return addressSql(condition)
    case 'status':
      return statusSql(context, condition)
    case 'group':
      return inGroup(condition.groupId)
    case 'topic':
      return choseTopic(condition.topicId)
    case 'source':
      return sql`(contact.source = ${condition.source})`
    case 'import':
      return sql`(contact.import_id is not null and contact.import_id = ${condition.importId})`
    case 'added':
      return isWhen(sql`contact.created_at`, condition.when, context.calendar)
    case 'changed':
      return isWhen(sql`contact.updated_at`, condition.when, context.calendar)
    case 'mailing':
      return mailingSql(context, condition)
  }
}

function joined(context: Context, parts: Condition[], by: Sql, none: Sql): Sql {
  if (parts.length === 0) return none
  return sql`(${sql.join(
    parts.map((part) => compile(context, part)),
    by,
  )})`
}

function addressSql({ op, values }: Of<'address'>): Sql {
  if (op === 'is') return sql`(contact.canonical = any (${values.map(canonicalOf)}::text[]))`
  if (op === 'domain_is') return sql`(split_part(contact.canonical, '@', 2) = any (${values.map(domainOf)}::text[]))`
  const address = folded(sql`contact.address`)
  const found = values.map((value) =>
    op === 'contains'
      ? sql`strpos(${address}, ${foldedGiven(value)}) > 0`
      : sql`starts_with(${address}, ${foldedGiven(value)})`,
  )
  return sql`(${sql.join(found, sql` or `)})`
}

/** The form that contacts are unique by, or null for what is no address. */
export function canonicalOf(text: string): string | null {
  const read = readAddress(text)
  return isAddress(read) ? read.canonical : null
}

/** The domain as addresses carry it, or null for what is none. */
export const domainOf = (text: string): string | null =>
  canonicalOf(`any@${text.trim().replace(/^\*?@/, '')}`)?.slice('any@'.length) ?? null

function statusSql({ calendar }: Context, { status, when }: Of<'status'>): Sql {
  if (!when || status === 'active') return sql`(${hasStatus[status]})`
  if (status === 'opt_out')
    return sql`exists (select from standing_optouts standing
      where standing.account_id = contact.account_id and standing.address_key = contact.address_key
        and ${isWhen(sql`standing.opted_out_at`, when, calendar)})`
  return sql`(${hasStatus.error} and exists (select from contact_errors failure
    where failure.account_id = contact.account_id and failure.contact_id = contact.contact_id
      and ${isWhen(sql`failure.at`, when, calendar)}))`
}

function mailingSql({ calendar }: Context, { did, mailingId, when }: Of<'mailing'>): Sql {
  const also = (mailing: Sql, moment: Sql) => sql`
    ${mailingId === undefined ? sql`and ${mailing} is not null` : sql`and ${mailing} = ${mailingId}`}
    ${when === undefined ? sql`` : sql`and ${isWhen(moment, when, calendar)}`}`
  if (did === 'opted_out')
    return sql`exists (select from optout_ledger entry
      where entry.account_id = contact.account_id and entry.address_key = contact.address_key
        ${also(sql`entry.mailing_id`, sql`entry.at`)})`
  if (did === 'opened' || did === 'clicked')
    return sql`exists (select from responses response
      where response.account_id = contact.account_id and response.contact_id = contact.contact_id and response.kind = ${did}
        ${also(sql`response.mailing_id`, sql`response.first_at`)})`
  return sql`exists (select from messages message
    where message.account_id = contact.account_id and message.contact_id = contact.contact_id
      and message.state = ${did === 'received' ? 'accepted' : 'bounced'}
      ${also(sql`message.mailing_id`, sql`message.answered_at`)})`
}
