import { randomBytes } from 'node:crypto'
import { networkOf } from '../optouts/attempts.ts'
import type { Language } from '../optouts/words.ts'
import type { Core } from '../platform/core.ts'
import { type Db, row, rows, sql } from '../platform/database.ts'
import type { ShownForm } from './form-shown.ts'
import type { AskedFor } from './sign-up-read.ts'
import { hashOf, makeToken } from './sign-up-token.ts'

// In an hour (AB-5): of one connection, room for a stand where people sign up on one device; of its network; and of
// confirmation mails of the whole account, after which something is wrong.
const MOST_OF_CONNECTION = 60
const MOST_OF_NETWORK = 300
const MOST_MAILS = 2000

export type SignUpRequest = {
  language: Language
  /** The words beside the box that was ticked. */
  consent: string
  ip: string
  userAgent: string
}

/** What became of it. Who asked is told none of these. */
export type AskedOutcome = 'queued' | 'connection' | 'many' | 'domain' | 'again'

/**
 * Keeps a sign-up until it is confirmed, for 7 days, and queues its one confirmation mail; or does neither.
 *
 * Nothing else changes, whoever the address belongs to (INV-23, AB-7): at most one mail in 24 hours to an address, its
 * +tags counted together, across all forms of the account; limits by connection, network and account (AB-5).
 */
export async function askSignUp(
  { db, keys }: Pick<Core, 'db' | 'keys'>,
  accountId: string,
  form: ShownForm,
  { address, fields, topicIds }: AskedFor,
  { language, consent, ip, userAgent }: SignUpRequest,
): Promise<AskedOutcome> {
  const salt = randomBytes(16)
  const scopes = [`ip ${networkOf(ip)}`, `net ${widerNetworkOf(ip)}`]
  const { outcome } = await row(
    db,
    sql<{ outcome: AskedOutcome }>`
    select ask_sign_up(${accountId}, ${form.formId}, ${form.texts?.version ?? null}, ${language}, ${consent},
      ${address.address}, ${address.canonical}, ${address.key}, ${address.untaggedKey ?? address.key},
      ${JSON.stringify(fields)}::jsonb, ${topicIds}::bigint[], ${ip}, ${userAgent.slice(0, 500)}, ${salt},
      ${hashOf(makeToken(keys.link, accountId, salt))}, ${scopes}::text[], ${[MOST_OF_CONNECTION, MOST_OF_NETWORK]}::int[],
      ${MOST_MAILS}) as outcome`,
  )
  return outcome
}

/** Removes sign-ups whose 7 days are over, and what the limits counted (AB-4). */
export async function purgeSignUps(db: Db): Promise<void> {
  for (const { account_id } of await rows(db, sql<{ account_id: string }>`select account_id from accounts`))
    await row(db, sql`select purge_sign_ups(${account_id})`)
}

/** A /24 of IPv4, a /48 of IPv6: what one customer of a provider may have. */
function widerNetworkOf(ip: string): string {
  const network = networkOf(ip)
  const parts = network.split(network.includes(':') ? ':' : '.')
  return parts.slice(0, 3).join(' ')
}
