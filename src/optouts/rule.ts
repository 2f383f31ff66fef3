import { toASCII } from 'tr46'
import { type Db, row, rows, sql } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import { pageOfRows, readCursor } from '../platform/page.ts'
import type { OptOutErrorCode } from './errors.ts'
import { isFreeMail } from './free-mail.ts'
import type { OptOutRow, OptOutRule, RuleResult } from './optout.contract.ts'
import type { OptOutOrigin } from './optout.ts'
import { withoutAddresses } from './optout-addresses.ts'

/**
 * Opts out everybody at a domain: its contacts now, and whoever comes later. It cannot be ended.
 *
 * @throws DomainError optout.invalid_domain also for domains of free mail, whose mailboxes belong to many people
 */
export async function optOutDomain(
  db: Db,
  accountId: string,
  { domain: given, note }: { domain: string; note?: string | undefined },
  origin: OptOutOrigin,
): Promise<RuleResult> {
  const domain = readDomain(given)
  const recorded = await row(
    db,
    sql<{ is_new: boolean; opted_out: string; already: string }>`
    select is_new, opted_out, already from record_domain_optout(${accountId}, ${domain}, ${origin.source}, ${origin.userId ?? null},
      ${origin.apiKeyId ?? null}, ${evidence(origin, note, { domain })}::jsonb)`,
  )
  return {
    domain,
    newRules: recorded.is_new ? 1 : 0,
    optedOut: Number(recorded.opted_out),
    alreadyOptedOut: Number(recorded.already),
  }
}

/**
 * Opts out everybody whose address has one of these hashes, now or later; lines that are no hashes are left out, and
 * `checkOptOuts` names them.
 *
 * Unkeyed hashes of addresses can be guessed (LW-12): they are kept as they came, and never given out.
 * @throws DomainError optout.no_hash when there is none among them
 */
export async function optOutHashes(
  db: Db,
  accountId: string,
  { hashes: given, note }: { hashes: string[]; note?: string | undefined },
  origin: OptOutOrigin,
): Promise<RuleResult> {
  const { hashes } = readHashes(given)
  if (hashes.length === 0)
    throw new DomainError<OptOutErrorCode>(
      'optout.no_hash',
      'No line is a hash. A hash has 32, 40 or 64 hexadecimal characters.',
    )
  const recorded = await row(
    db,
    sql<{ new_hashes: string; opted_out: string; already: string }>`
    select new_hashes, opted_out, already from record_hash_optouts(${accountId}, ${hashes}::bytea[], ${origin.source},
      ${origin.userId ?? null}, ${origin.apiKeyId ?? null}, ${evidence(origin, note, { hashes: hashes.length })}::jsonb)`,
  )
  return {
    domain: null,
    newRules: Number(recorded.new_hashes),
    optedOut: Number(recorded.opted_out),
    alreadyOptedOut: Number(recorded.already),
  }
}

const evidence = (origin: OptOutOrigin, note: string | undefined, rule: Record<string, unknown>) =>
  JSON.stringify({ ...origin.evidence, ...rule, ...(note ? { note: withoutAddresses(note) } : {}) })

/**
 * `example.com` of `*@example.com`, `@Example.com` or `example.com`, as canonical addresses hold it (AB-20).
 *
 * @throws DomainError optout.invalid_domain
 */
export function readDomain(given: string): string {
  const text = given.trim().replace(/^\*?@/, '').replace(/\.$/, '')
  const domain = toASCII(text, { checkBidi: true, checkJoiners: true, useSTD3ASCIIRules: true, verifyDNSLength: true })
  if (domain === null || !/^[a-z0-9.-]+\.[a-z0-9-]*[a-z][a-z0-9-]*$/.test(domain))
    throw invalidDomain('Enter a domain such as example.com, with the part after the last dot.')
  if (isFreeMail(`x@${domain}`))
    throw invalidDomain(`The mailboxes at ${domain} belong to many people. Opt out their addresses one by one.`)
  return domain
}

const invalidDomain = (message: string) =>
  new DomainError<OptOutErrorCode>('optout.invalid_domain', message, { fields: { domain: message } })

/** The hashes of a list, each once, and the lines that are none. */
export function readHashes(given: string[]): { hashes: Buffer[]; invalid: OptOutRow[]; duplicates: number } {
  const hashes = new Map<string, Buffer>()
  const invalid: OptOutRow[] = []
  given.forEach((text, index) => {
    const hash = text.trim().toLowerCase()
    if (/^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$/.test(hash)) hashes.set(hash, Buffer.from(hash, 'hex'))
    else invalid.push({ index, text, state: 'invalid', problem: NO_HASH, suggestion: null })
  })
  return { hashes: [...hashes.values()], invalid, duplicates: given.length - invalid.length - hashes.size }
}

const NO_HASH = 'A hash has 32, 40 or 64 characters, 0 to 9 and a to f.'

type RuleRow = {
  entry_id: string
  domain: string | null
  size: number
  opted_out: number
  note: string | null
  person: string | null
  at: Date
}

/** Domains and lists of hashes, latest first. */
export async function listRules(
  db: Db,
  accountId: string,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<{ items: OptOutRule[]; nextCursor: string | null }> {
  const [before] = readCursor(cursor, 1) ?? [null]
  const found = await rows(
    db,
    sql<RuleRow>`
    select entry.entry_id, rule.domain, rule.size, entry.evidence ->> 'note' as note, entry.at,
      coalesce(nullif(operator.name, ''), operator.email, api_key.name) as person,
      (select count(*)::int from standing_optouts standing
       where standing.account_id = ${accountId} and standing.entry_id = entry.entry_id) as opted_out
    from (select entry_id, domain, 1 as size from optout_domains where account_id = ${accountId}
          union all
          select entry_id, null, count(*)::int from optout_hashes where account_id = ${accountId} group by entry_id) rule
    join optout_ledger entry on entry.account_id = ${accountId} and entry.entry_id = rule.entry_id
    left join users operator on operator.user_id = entry.user_id
    left join api_keys api_key on api_key.account_id = ${accountId} and api_key.api_key_id = entry.api_key_id
    where ${before}::bigint is null or entry.entry_id < ${before}::bigint
    order by entry.entry_id desc limit ${limit + 1}`,
  )
  const { page, nextCursor } = pageOfRows(found, limit, ({ entry_id }) => [entry_id])
  return { items: page.map(present), nextCursor }
}

const present = ({ entry_id, domain, size, opted_out, note, person, at }: RuleRow): OptOutRule => ({
  id: entry_id,
  kind: domain === null ? 'hashes' : 'domain',
  domain,
  size,
  optedOut: opted_out,
  note,
  by: person,
  since: at.toISOString(),
})
