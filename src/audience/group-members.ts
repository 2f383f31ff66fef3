import type { z } from 'zod'
import { type Db, maybeRow, row, rows, sql, type Trx, transaction } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import { untilUndisturbed } from './at-once.ts'
import type { Contact } from './contact.contract.ts'
import { type Actor, noteContactEvent } from './contact-event.ts'
import { changeContactRow } from './contact-lock.ts'
import { findContact } from './contact-record.ts'
import type { AudienceErrorCode } from './errors.ts'
import type { membersResult } from './group.contract.ts'
import { noSuchGroup } from './group.ts'
import { unlessFull } from './group-full.ts'

type MembersResult = z.infer<typeof membersResult>

/**
 * Puts a contact into groups.
 *
 * @throws DomainError contact.not_found, contact.opted_out (INV-6), group.not_found, group.full
 */
export function addToGroups(db: Db, actor: Actor, contactId: string, groupIds: string[]): Promise<Contact> {
  return changeContactRow(db, actor.accountId, contactId, async (trx) => {
    await joinGroups(trx, actor, contactId, groupIds)
    return findContact(trx, actor.accountId, contactId)
  })
}

/**
 * Puts a contact that the caller holds into groups.
 *
 * @throws DomainError group.not_found when one of them is absent or archived, group.full; nothing is changed then
 */
export async function joinGroups(trx: Trx, actor: Actor, contactId: string, groupIds: string[]): Promise<void> {
  if (groupIds.length === 0) return
  const groups = await rows(
    trx,
    sql<{ group_id: string; name: string }>`
    select group_id, name from groups
    where account_id = ${actor.accountId} and group_id = any (${groupIds}::bigint[]) and archived_at is null`,
  )
  if (groups.length < new Set(groupIds).size) throw noSuchGroup()
  const joined = await unlessFull(() =>
    rows(
      trx,
      sql<{ group_id: string }>`
      insert into group_members (account_id, group_id, contact_id)
      select ${actor.accountId}, group_id, ${contactId} from unnest(${groupIds}::bigint[]) as asked (group_id)
      on conflict (account_id, group_id, contact_id) do nothing
      returning group_id`,
    ),
  )
  for (const { group_id } of joined) {
    const name = groups.find((group) => group.group_id === group_id)?.name
    await noteContactEvent(trx, actor, [contactId], 'joined_group', { groupId: group_id, group: name })
  }
}

/**
 * Takes a contact out of a group. An opted-out one stays in it, for the record (INV-2).
 *
 * @throws DomainError contact.not_found, contact.opted_out, group.not_found
 */
export function leaveGroup(db: Db, actor: Actor, contactId: string, groupId: string): Promise<Contact> {
  return changeContactRow(db, actor.accountId, contactId, async (trx) => {
    const name = await nameOf(trx, actor.accountId, groupId)
    const left = await rows(
      trx,
      sql`
      delete from group_members
      where account_id = ${actor.accountId} and group_id = ${groupId} and contact_id = ${contactId} returning contact_id`,
    )
    if (left.length === 1) await noteContactEvent(trx, actor, [contactId], 'left_group', { groupId, group: name })
    return findContact(trx, actor.accountId, contactId)
  })
}

/**
 * Puts contacts into a group; opted-out ones are left alone and counted (INV-6).
 *
 * @throws DomainError group.not_found, group.full, contact.not_found when one of them is absent; nothing is changed then
 */
export function addMembers(db: Db, actor: Actor, groupId: string, contactIds: string[]): Promise<MembersResult> {
  const { accountId } = actor
  return untilUndisturbed(db, async (trx) => {
    const group = await nameOf(trx, accountId, groupId, true)
    const asked = await takeAll(trx, accountId, contactIds)
    const free = asked.filter(({ opted_out }) => !opted_out).map(({ contact_id }) => contact_id)
    const joined = await rows(
      trx,
      sql<{ contact_id: string }>`
      insert into group_members (account_id, group_id, contact_id)
      select ${accountId}, ${groupId}, contact_id from unnest(${free}::bigint[]) as asked (contact_id)
      on conflict (account_id, group_id, contact_id) do nothing
      returning contact_id`,
    )
    await noteContactEvent(trx, actor, idsOf(joined), 'joined_group', { groupId, group })
    return { changed: joined.length, optedOut: asked.length - free.length }
  })
}

/**
 * Takes contacts out of a group; opted-out ones stay in it, for the record, and are counted.
 *
 * @throws DomainError group.not_found
 */
export function removeMembers(db: Db, actor: Actor, groupId: string, contactIds: string[]): Promise<MembersResult> {
  return transaction(db, (trx) => takeOut(trx, actor, groupId, contactIds))
}

/** Takes contacts or all members out of a group, except who opted out, in one statement. */
export async function takeOut(
  trx: Trx,
  actor: Actor,
  groupId: string,
  contactIds: string[] | 'all',
): Promise<MembersResult> {
  const { accountId } = actor
  const asked = contactIds === 'all' ? sql`` : sql`and member.contact_id = any (${contactIds}::bigint[])`
  const group = await nameOf(trx, accountId, groupId)
  const result = await row(
    trx,
    sql<{ changed: string; opted_out: string }>`
    with asked as materialized (
      select member.contact_id, state.status = 'opt_out' as opted_out
      from group_members member
      join contact_status state on state.account_id = member.account_id and state.contact_id = member.contact_id
      where member.account_id = ${accountId} and member.group_id = ${groupId} ${asked}
    ), gone as (
      delete from group_members member using asked
      where member.account_id = ${accountId} and member.group_id = ${groupId}
        and member.contact_id = asked.contact_id and not asked.opted_out
      returning member.contact_id
    ), noted as (
      insert into contact_events (account_id, contact_id, kind, user_id, api_key_id, data)
      select ${accountId}, contact_id, 'left_group', ${actor.userId}, ${actor.apiKeyId},
             ${JSON.stringify({ groupId, group })}::jsonb
      from gone
    )
    select (select count(*) from gone) as changed, (select count(*) from asked where opted_out) as opted_out`,
  )
  return { changed: Number(result.changed), optedOut: Number(result.opted_out) }
}

/** @throws DomainError group.not_found, also for an archived one with `openOnly` */
export async function nameOf(trx: Trx, accountId: string, groupId: string, openOnly = false): Promise<string> {
  const group = await maybeRow(
    trx,
    sql<{ name: string }>`
    select name from groups
    where account_id = ${accountId} and group_id = ${groupId} and (archived_at is null or not ${openOnly}::boolean)`,
  )
  if (!group) throw noSuchGroup()
  return group.name
}

type Taken = { contact_id: string; opted_out: boolean }

/** Holds the rows first and looks for opt-outs then, in the order in which opt-outs hold them too. */
async function takeAll(trx: Trx, accountId: string, contactIds: string[]): Promise<Taken[]> {
  const held = await rows(
    trx,
    sql<{ contact_id: string }>`
    select contact_id from contacts where account_id = ${accountId} and contact_id = any (${contactIds}::bigint[])
    order by contact_id for no key update`,
  )
  if (held.length < new Set(contactIds).size)
    throw new DomainError<AudienceErrorCode>(
      'contact.not_found',
      'Some of these contacts are not here any more. Nothing was changed.',
    )
  return rows(
    trx,
    sql<Taken>`
    select state.contact_id, state.status = 'opt_out' as opted_out from contact_status state
    where state.account_id = ${accountId} and state.contact_id = any (${idsOf(held)}::bigint[])`,
  )
}

const idsOf = (found: { contact_id: string }[]) => found.map(({ contact_id }) => contact_id)
