import type { Core } from '../platform/core.ts'
import { type Db, row, rows, sql } from '../platform/database.ts'
import { addressIn, addressKey, isAddress, readAddress } from './address.ts'
import type { OptOutCheck, OptOutQuestion, OptOutRow } from './optout.contract.ts'
import { readDomain, readHashes } from './rule.ts'

type Parts = Pick<Core, 'db' | 'keys'>

/**
 * Says what opting out would do, with exact numbers; writes nothing.
 *
 * @throws DomainError optout.invalid_domain
 */
export function checkOptOuts(core: Parts, accountId: string, question: OptOutQuestion): Promise<OptOutCheck> {
  if ('addresses' in question) return checkAddresses(core, accountId, question.addresses)
  if ('domain' in question) return checkDomain(core.db, accountId, readDomain(question.domain))
  return checkHashes(core.db, accountId, question.hashes)
}

async function checkAddresses({ db, keys }: Parts, accountId: string, given: string[]): Promise<OptOutCheck> {
  const first = new Map<string, number>()
  const lines = given.map((text, index): OptOutRow & { key: Buffer | null } => {
    const address = readAddress(addressIn(text))
    const line = { index, text, problem: null, suggestion: null, key: null }
    if (!isAddress(address))
      return { ...line, state: 'invalid', problem: address.problem, suggestion: suggestionFor(text) }
    if (first.has(address.optOutForm)) return { ...line, state: 'duplicate' }
    first.set(address.optOutForm, index)
    return { ...line, state: 'not_contact', key: addressKey(keys.address, address.optOutForm) }
  })
  const asked = lines.flatMap(({ key }) => (key ? [key] : []))
  const known = await rows(
    db,
    sql<{ key: string; already: boolean; contact: boolean }>`
    select encode(asked.key, 'hex') as key,
      exists (select from standing_optouts standing where standing.account_id = ${accountId} and standing.address_key = asked.key) as already,
      exists (select from contacts contact where contact.account_id = ${accountId} and contact.address_key = asked.key) as contact
    from unnest(${asked}::bytea[]) asked (key)`,
  )
  const found = new Map(known.map((one) => [one.key, one]))
  const stated = lines.map(({ key, ...line }): OptOutRow => {
    const one = key && found.get(key.toString('hex'))
    return one ? { ...line, state: one.already ? 'already' : one.contact ? 'contact' : 'not_contact' } : line
  })
  const count = (state: OptOutRow['state']) => stated.filter((line) => line.state === state).length
  return {
    given: given.length,
    contacts: count('contact'),
    notContacts: count('not_contact'),
    alreadyOptedOut: count('already'),
    duplicates: count('duplicate'),
    invalid: count('invalid'),
    waiting: await waitingFor(db, accountId, sql`message.address_key = any (${asked}::bytea[])`),
    rows: stated,
  }
}

async function checkDomain(db: Db, accountId: string, domain: string): Promise<OptOutCheck> {
  const ofDomain = sql`select contact.address_key from contacts contact
    where contact.account_id = ${accountId} and contact.canonical like ${`%@${domain}`}`
  return { ...(await countContacts(db, accountId, ofDomain)), notContacts: 0, duplicates: 0, invalid: 0, rows: [] }
}

async function checkHashes(db: Db, accountId: string, given: string[]): Promise<OptOutCheck> {
  const { hashes, invalid, duplicates } = readHashes(given)
  const matched = sql`select hashed.address_key
    from (select contact.address_key, unnest(address_hashes(contact.address, contact.canonical)) as hash
          from contacts contact where contact.account_id = ${accountId}) hashed
    join (select distinct hash from unnest(${hashes}::bytea[]) hash) asked on asked.hash = hashed.hash`
  const counts = await countContacts(db, accountId, matched)
  return {
    ...counts,
    given: given.length,
    notContacts: hashes.length - counts.contacts - counts.alreadyOptedOut,
    duplicates,
    invalid: invalid.length,
    rows: invalid,
  }
}

async function countContacts(db: Db, accountId: string, keys: ReturnType<typeof sql>) {
  const counts = await row(
    db,
    sql<{ all: number; already: number; waiting: number }>`
    with asked as materialized (select distinct address_key from (${keys}) keys)
    select count(*)::int as "all", count(standing.address_key)::int as already,
      (select count(*)::int from messages message join asked using (address_key)
       where message.account_id = ${accountId} and message.is_open and message.state in ('queued', 'deferred')) as waiting
    from asked left join standing_optouts standing
      on standing.account_id = ${accountId} and standing.address_key = asked.address_key`,
  )
  const { all, already, waiting } = counts
  return { given: all, contacts: all - already, alreadyOptedOut: already, waiting }
}

async function waitingFor(db: Db, accountId: string, which: ReturnType<typeof sql>): Promise<number> {
  const { waiting } = await row(
    db,
    sql<{ waiting: number }>`
    select count(*)::int as waiting from messages message
    where message.account_id = ${accountId} and message.is_open and message.state in ('queued', 'deferred') and ${which}`,
  )
  return waiting
}

/** A comma typed for a dot, or a space too many, are what lines that are no addresses mostly have. */
function suggestionFor(text: string): string | null {
  const mended = readAddress(addressIn(text).replace(/\s+/g, '').replaceAll(',', '.').replace(/@{2,}/, '@'))
  return isAddress(mended) ? mended.address : null
}
