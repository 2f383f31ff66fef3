// What the browser and the server agree on about opt-outs. Imports zod only: web/ loads this file.
import { z } from 'zod'
import { idText, pageOf, pageQuery, time } from '../platform/page.contract.ts'

export const optOutSource = z.enum([
  'link',
  'one_click',
  'preferences',
  'mailto',
  'complaint',
  'provider',
  'operator',
  'bulk',
  'import',
  'api',
  'emma_api',
])
export type OptOutSource = z.infer<typeof optOutSource>

export const newOptOuts = z.strictObject({
  addresses: z.array(z.string().max(1000)).min(1).max(10_000),
  note: z.string().max(1000).optional(),
})
export type NewOptOuts = z.infer<typeof newOptOuts>

export const optOutsResult = z
  .object({ optedOut: z.int(), alreadyOptedOut: z.int(), invalid: z.array(z.string()) })
  .meta({ id: 'OptOutsResult' })
export type OptOutsResult = z.infer<typeof optOutsResult>

export const optOutsQuery = z.strictObject({
  ...pageQuery,
  search: z.string().max(320).optional(),
  source: optOutSource.optional(),
  since: time.optional(),
  until: time.optional(),
})

/** A standing opt-out; address is null when no contact with it is known. */
export const optOut = z
  .object({ address: z.string().nullable(), source: optOutSource, at: time, mailingId: idText.nullable() })
  .meta({ id: 'OptOut' })
export type OptOut = z.infer<typeof optOut>
export const optOuts = pageOf(optOut)

/** How many stand, all and by source. */
export const optOutCounts = z
  .object({ total: z.int(), bySource: z.array(z.object({ source: optOutSource, count: z.int() })) })
  .meta({ id: 'OptOutCounts' })
export type OptOutCounts = z.infer<typeof optOutCounts>

const note = z.string().max(1000).optional()
const addresses = z.array(z.string().max(1000)).min(1).max(10_000)
const domain = z.string().max(300)
/** Hexadecimal, of MD5 (32), SHA-1 (40) or SHA-256 (64 characters) of addresses in lower case. */
const hashes = z.array(z.string().max(200)).min(1).max(100_000)

/** What is to be looked at before anything is recorded: addresses, `example.com` or `*@example.com`, or hashes. */
export const optOutQuestion = z.union([
  z.strictObject({ addresses }),
  z.strictObject({ domain }),
  z.strictObject({ hashes }),
])
export type OptOutQuestion = z.infer<typeof optOutQuestion>

/** Of a line: what opting it out would do, or why it cannot be. */
export const optOutRow = z.object({
  /** Place in the list that was given, from 0. */
  index: z.int(),
  text: z.string(),
  state: z.enum(['contact', 'not_contact', 'already', 'duplicate', 'invalid']),
  problem: z.string().nullable(),
  /** What was probably meant, for lines that are no addresses. */
  suggestion: z.string().nullable(),
})
export type OptOutRow = z.infer<typeof optOutRow>

/** What would happen; nothing is written. given = contacts + notContacts + alreadyOptedOut + duplicates + invalid. */
export const optOutCheck = z
  .object({
    given: z.int(),
    /** Contacts that would opt out. */
    contacts: z.int(),
    /** Addresses or hashes without a contact; they are kept for later. */
    notContacts: z.int(),
    alreadyOptedOut: z.int(),
    duplicates: z.int(),
    invalid: z.int(),
    /** Messages that wait for these addresses and would be held back. */
    waiting: z.int(),
    /** Each line in its order; for a domain none, for hashes the invalid ones. */
    rows: z.array(optOutRow),
  })
  .meta({ id: 'OptOutCheck' })
export type OptOutCheck = z.infer<typeof optOutCheck>

export const newDomainOptOut = z.strictObject({ domain, note })
export const newHashOptOuts = z.strictObject({ hashes, note })
/** Contacts that are out now because of it; the rule holds for everybody who comes later, and cannot be ended. */
export const ruleResult = z
  .object({ domain: z.string().nullable(), newRules: z.int(), optedOut: z.int(), alreadyOptedOut: z.int() })
  .meta({ id: 'OptOutRuleResult' })
export type RuleResult = z.infer<typeof ruleResult>

/** A domain, or a list of hashes, that opts out whoever comes under it. */
export const optOutRule = z
  .object({
    id: idText,
    kind: z.enum(['domain', 'hashes']),
    domain: z.string().nullable(),
    /** Hashes in the list; 1 for a domain. */
    size: z.int(),
    /** Addresses that are out because of it. */
    optedOut: z.int(),
    note: z.string().nullable(),
    by: z.string().nullable(),
    since: time,
  })
  .meta({ id: 'OptOutRule' })
export type OptOutRule = z.infer<typeof optOutRule>
export const optOutRules = pageOf(optOutRule)
export const optOutRulesQuery = z.strictObject({ ...pageQuery })

/** Keys alone, unless plain addresses are asked for with the reason. */
export const optOutExportQuery = z
  .strictObject({ plain: z.stringbool().default(false), reason: z.string().trim().max(500).optional() })
  .refine(({ plain, reason }) => !plain || reason, {
    path: ['reason'],
    message: 'Say what the plain addresses are needed for. It is kept with your name.',
  })
