// Addresses that somebody pastes into a group, one a line.
import type { z } from 'zod'
import { addressIn } from '../optouts/address.ts'
import type { Core } from '../platform/core.ts'
import { rows, run, sql, type Trx } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import type { Keys } from '../platform/keys.ts'
import { untilUndisturbed } from './at-once.ts'
import { enteredAddress, type KeyedAddress } from './contact-address.ts'
import { type Actor, noteContactEvent } from './contact-event.ts'
import type { PastedResult, pastedAddresses } from './group.contract.ts'
import { nameOf } from './group-members.ts'

type Asked = z.infer<typeof pastedAddresses>
type Parts = Pick<Core, 'db' | 'keys'>
type Standing = { canonical: string; contact_id: string | null; opted_out: boolean }

/**
 * Puts the contacts with these addresses into a group, all or nothing; opted-out addresses are left alone and counted,
 * contacts or not (INV-6). Unknown ones become contacts only when that is asked; those that are like an opted-out
 * address but for their +tag are held then (AB-22).
 *
 * @throws DomainError group.not_found, group.full
 */
export async function addAddresses(
  { db, keys }: Parts,
  actor: Actor,
  groupId: string,
  asked: Asked,
): Promise<PastedResult> {
  const { entries, duplicate, invalid } = readLines(keys, asked.addresses)
  const joined = await untilUndisturbed(db, (trx) => join(trx, actor, groupId, entries, asked.addUnknown))
  return { ...joined, duplicate, invalid }
}

function readLines(keys: Keys, lines: string[]) {
  const entries = new Map<string, KeyedAddress>()
  const invalid: PastedResult['invalid'] = []
  let duplicate = 0
  for (const [index, text] of lines.entries()) {
    if (text.trim() === '') continue
    try {
      const entered = enteredAddress(keys, addressIn(text))
      if (entries.has(entered.canonical)) duplicate += 1
      else entries.set(entered.canonical, entered)
    } catch (error) {
      if (!(error instanceof DomainError)) throw error
      invalid.push({ line: index + 1, text: text.toWellFormed(), problem: error.message })
    }
  }
  return { entries: [...entries.values()], duplicate, invalid }
}

async function join(trx: Trx, actor: Actor, groupId: string, entries: KeyedAddress[], addUnknown: boolean) {
  const { accountId } = actor
  const group = await nameOf(trx, accountId, groupId, true)
  const made = addUnknown ? await addContacts(trx, actor, entries) : { ids: [], held: 0 }
  const standing = await takeByAddress(trx, accountId, entries)
  const free = [...standing.values()].filter(({ contact_id, opted_out }) => contact_id !== null && !opted_out)
  const joined = await rows(
    trx,
    sql<{ contact_id: string }>`
    insert into group_members (account_id, group_id, contact_id)
    select ${accountId}, ${groupId}, contact_id
    from unnest(${free.map(({ contact_id }) => contact_id)}::bigint[]) as free (contact_id)
    on conflict (account_id, group_id, contact_id) do nothing
    returning contact_id`,
  )
  const ids = joined.map(({ contact_id }) => contact_id)
  await noteContactEvent(trx, actor, ids, 'joined_group', { groupId, group })
  const out = entries.filter(({ canonical }) => standing.get(canonical)?.opted_out)
  const unknown = entries.filter(({ canonical }) => !standing.has(canonical))
  return {
    added: ids.length,
    already: free.length - ids.length,
    optedOut: out.length,
    made: made.ids.length,
    held: made.held,
    optedOutAddresses: out.map(({ address }) => address),
    unknown: unknown.map(({ address }) => address),
  }
}

/** Makes contacts of the addresses that are none and did not opt out, neither themselves nor by a rule. */
async function addContacts(trx: Trx, actor: Actor, entries: KeyedAddress[]) {
  const { accountId } = actor
  // An opt-out of many that is on its way is seen, so that none of them becomes a contact.
  await sql`select pg_advisory_xact_lock_shared(1279738, (${accountId}::bigint % 2147483647)::int)`.execute(trx)
  const made = await rows(
    trx,
    sql<{ contact_id: string; canonical: string }>`
    insert into contacts (account_id, address, canonical, address_key, source)
    select ${accountId}, asked.address, asked.canonical, asked.key, ${actor.apiKeyId ? 'api' : 'operator'}
    from ${asTable(entries)}
    where not exists (select from contacts known where known.account_id = ${accountId} and known.canonical = asked.canonical)
      and not ${isOut(accountId)}
    order by asked.canonical
    on conflict (account_id, canonical) do nothing
    returning contact_id, canonical`,
  )
  const ids = made.map(({ contact_id }) => contact_id)
  await noteContactEvent(trx, actor, ids, 'added')
  const untagged = new Map(entries.map(({ canonical, untaggedKey }) => [canonical, untaggedKey]))
  const held = await rows(
    trx,
    sql<{ contact_id: string }>`
    insert into contact_holds (account_id, contact_id, because_key)
    select ${accountId}, made.contact_id, standing.address_key
    from unnest(${ids}::bigint[], ${made.map(({ canonical }) => untagged.get(canonical) ?? null)}::bytea[]) as made (contact_id, key)
    join standing_optouts standing on standing.account_id = ${accountId} and standing.address_key = made.key
    returning contact_id`,
  )
  const heldIds = held.map(({ contact_id }) => contact_id)
  await noteContactEvent(trx, actor, heldIds, 'held')
  return { ids, held: heldIds.length }
}

/** Holds the contacts first and looks for opt-outs then, in the order in which opt-outs hold them too. */
async function takeByAddress(trx: Trx, accountId: string, entries: KeyedAddress[]): Promise<Map<string, Standing>> {
  await run(
    trx,
    sql`
    select from contacts
    where account_id = ${accountId} and canonical = any (${entries.map(({ canonical }) => canonical)}::text[])
    order by contact_id for no key update`,
  )
  const found = await rows(
    trx,
    sql<Standing>`
    select asked.canonical, contact.contact_id, ${isOut(accountId)} as opted_out
    from ${asTable(entries)}
    left join contacts contact on contact.account_id = ${accountId} and contact.canonical = asked.canonical`,
  )
  const known = found.filter(({ contact_id, opted_out }) => contact_id !== null || opted_out)
  return new Map(known.map((one) => [one.canonical, one]))
}

const asTable = (entries: KeyedAddress[]) => sql`
  unnest(${entries.map(({ address }) => address)}::text[], ${entries.map(({ canonical }) => canonical)}::text[],
         ${entries.map(({ key }) => key)}::bytea[]) as asked (address, canonical, key)`

const isOut = (accountId: string) => sql`(
  exists (select from standing_optouts standing where standing.account_id = ${accountId} and standing.address_key = asked.key)
  or (exists (select from accounts_with_rules ruled where ruled.account_id = ${accountId})
      and rule_of(${accountId}, asked.address, asked.canonical) is not null))`
