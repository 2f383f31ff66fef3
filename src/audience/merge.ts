import { noteAct } from '../accounts/audit.ts'
import { optOut } from '../optouts/optout.ts'
import { type Db, rows, run, sql, type Trx } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import { untilUndisturbed } from './at-once.ts'
import type { Contact } from './contact.contract.ts'
import { type Actor, noteContactEvent } from './contact-event.ts'
import { findContact, findContacts, noSuchContact } from './contact-record.ts'
import { moveRequests } from './data-request.ts'
import type { AudienceErrorCode } from './errors.ts'
import { fieldValue } from './field.contract.ts'
import { fieldLabels } from './field.ts'
import { shownValue } from './field-value.ts'
import type { MergeCheck, MergeRequest } from './merge.contract.ts'
import { uniteChoices } from './preferences.ts'

/**
 * What merging another contact into this one would do.
 *
 * @throws DomainError contact.not_found, merge.invalid
 */
export async function checkMerge(db: Db, accountId: string, keptId: string, otherId: string): Promise<MergeCheck> {
  const [kept, other] = await bothOf(db, accountId, keptId, otherId)
  const labels = await fieldLabels(db, accountId)
  const label = (name: string) => labels.get(name) ?? name
  const theirs = Object.entries(other.fields)
  const joins = other.groupIds.filter((id) => !kept.groupIds.includes(id))
  const groups = await rows(
    db,
    sql<{ id: string; name: string }>`
    select group_id as id, name from groups where account_id = ${accountId} and group_id = any (${joins}::bigint[]) order by lower(name collate "und-x-icu")`,
  )
  const since = [kept.optOut, other.optOut].flatMap((out) => (out ? [out.at] : [])).sort()[0] ?? null
  return {
    kept,
    other,
    gains: theirs.flatMap(([name, value]) => (name in kept.fields ? [] : [{ name, label: label(name), value }])),
    conflicts: theirs.flatMap(([name, value]) =>
      name in kept.fields && !isSame(kept.fields[name], value)
        ? [{ name, label: label(name), kept: kept.fields[name], other: value }]
        : [],
    ),
    groups,
    optsOut: since !== null,
    optedOutSince: since,
  }
}

/**
 * Makes one contact of two records of one person: the kept one gains what it lacks, the groups, the newer choice of each
 * topic, history, mail and holds; the other record ends, and its address stays known as a former one by its key.
 *
 * When one of them opted out, both addresses are out afterwards and no detail, group or topic changes (INV-1, INV-2).
 * An Error that a mail server or a format caused belongs to the other's address and ends with it.
 *
 * @throws DomainError contact.not_found, merge.invalid
 */
export function mergeContacts(db: Db, actor: Actor, keptId: string, asked: MergeRequest): Promise<Contact> {
  const { accountId } = actor
  const { otherId } = asked
  return untilUndisturbed(db, async (trx) => {
    await holdBoth(trx, accountId, keptId, otherId)
    const check = await checkMerge(trx, accountId, keptId, otherId)
    const { kept, other } = check
    if (check.optsOut) await carryOptOut(trx, actor, keptId, otherId)
    else await uniteDetails(trx, actor, check, asked.take)
    await moveRequests(trx, accountId, keptId, otherId)
    await run(trx, sql`select move_consents(${accountId}, ${keptId}, ${otherId})`)
    await run(trx, sql`select merge_contacts(${accountId}, ${keptId}, ${otherId})`)
    const optedOut = other.optOut ? 'other' : kept.optOut ? 'kept' : null
    await noteContactEvent(trx, actor, [keptId], 'merged', { address: other.address, optedOut })
    await noteAct(trx, actor, 'contact.merged', { contactId: keptId, otherId })
    return findContact(trx, accountId, keptId)
  })
}

async function bothOf(db: Db, accountId: string, keptId: string, otherId: string): Promise<[Contact, Contact]> {
  if (keptId === otherId)
    throw new DomainError<AudienceErrorCode>(
      'merge.invalid',
      'A contact cannot be merged with itself. Choose another one.',
    )
  const [kept, other] = await findContacts(db, accountId, [keptId, otherId])
  if (!kept || !other) throw noSuchContact()
  return [kept, other]
}

/**
 * Both rows until the end, in the order of their ids: an opt-out of either address waits, and finds the address of the
 * other record among the former ones then. The lock keeps opt-outs of many out for as long (SE-11).
 */
async function holdBoth(trx: Trx, accountId: string, keptId: string, otherId: string): Promise<void> {
  const ids = [keptId, otherId]
  await run(
    trx,
    sql`select from contacts where account_id = ${accountId} and contact_id = any (${ids}::bigint[]) order by contact_id for update`,
  )
  await run(trx, sql`select pg_advisory_xact_lock_shared(1279738, (${accountId}::bigint % 2147483647)::int)`)
}

async function carryOptOut(trx: Trx, { accountId, userId, apiKeyId }: Actor, keptId: string, otherId: string) {
  const keys = await rows(
    trx,
    sql<{ address_key: Buffer }>`
    select contact.address_key from contacts contact
    where contact.account_id = ${accountId} and contact.contact_id = any (${[keptId, otherId]}::bigint[])
      and not exists (select from standing_optouts standing
                      where standing.account_id = contact.account_id and standing.address_key = contact.address_key)`,
  )
  if (keys.length === 0) return
  const evidence = { merge: { keptId, otherId } }
  await optOut(
    trx,
    accountId,
    keys.map(({ address_key }) => address_key),
    { source: 'operator', userId, apiKeyId, evidence },
  )
}

async function uniteDetails(trx: Trx, actor: Actor, check: MergeCheck, take: MergeRequest['take']): Promise<void> {
  const { accountId, userId } = actor
  const { kept, other } = check
  const unknown = Object.keys(take).find((name) => !check.conflicts.some((conflict) => conflict.name === name))
  if (unknown !== undefined)
    throw new DomainError<AudienceErrorCode>(
      'merge.invalid',
      `The two do not differ in “${unknown}” any more. Look at them again.`,
    )
  const chosen = check.conflicts.filter(({ name }) => take[name] === 'other')
  const written = [
    ...check.gains.map(({ name, label, value }) => ({ name, label, from: null, to: value })),
    ...chosen.map(({ name, label, kept: from, other: to }) => ({ name, label, from, to })),
  ]
  if (written.length > 0) {
    const fields = { ...kept.fields, ...Object.fromEntries(written.map(({ name, to }) => [name, to])) }
    await run(
      trx,
      sql`update contacts set fields = ${JSON.stringify(fields)}::jsonb, updated_at = now() where account_id = ${accountId} and contact_id = ${kept.id}`,
    )
    const changes = written.map(({ label, from, to }) => ({ label, from: text(from), to: text(to) }))
    await noteContactEvent(trx, actor, [kept.id], 'edited', { changes })
  }
  await run(
    trx,
    sql`
    with moved as (
      delete from group_members where account_id = ${accountId} and contact_id = ${other.id} returning group_id
    )
    insert into group_members (account_id, group_id, contact_id)
    select ${accountId}, group_id, ${kept.id} from moved
    on conflict (account_id, group_id, contact_id) do nothing`,
  )
  await uniteChoices(trx, accountId, kept.id, other.id)
  // An operator's own change to Error was about the person.
  await run(
    trx,
    sql`
    insert into contact_errors (account_id, contact_id, reason, detail, at, user_id)
    select ${accountId}, ${kept.id}, reason, detail, at, coalesce(user_id, ${userId}) from contact_errors
    where account_id = ${accountId} and contact_id = ${other.id} and reason = 'manual'
    on conflict (account_id, contact_id) do nothing`,
  )
}

/** A value as history tells it. */
function text(value: unknown): string | null {
  const known = fieldValue.safeParse(value)
  return known.success ? shownValue(known.data) : null
}

const isSame = (one: unknown, two: unknown) => JSON.stringify(one) === JSON.stringify(two)
