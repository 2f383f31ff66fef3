import { createHmac } from 'node:crypto'
import type { Core } from '../platform/core.ts'
import { type Db, maybeRow, row, run, sql } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import type { AccountErrorCode } from './errors.ts'
import { fitsPassword } from './password.ts'
import type { SignIn } from './session.contract.ts'
import { beginSession } from './session.ts'

const WINDOW_MS = 15 * 60 * 1000

/**
 * Failures in 15 minutes after which nobody may try: from one place at one address, from one place, at one address.
 *
 * The last is high, since it lets strangers keep an owner out; it stops guessing from many places all the same.
 */
export const MOST_FAILURES = { addressAndPlace: 5, place: 20, address: 50 }

/**
 * Signs a person in and gives the new session's token (SE-1).
 *
 * An unknown address takes as long and is answered like a wrong password (SE-10).
 * @param ip where the request comes from
 * @throws session.wrong_credentials, session.too_many_attempts (with fields.retryAfterSeconds)
 */
export async function signIn(core: Core, { email, password }: SignIn, ip: string): Promise<string> {
  const address = email.trim().toLowerCase()
  const at = core.clock()
  const attempt = await noteAttempt(core, address, ip, at)
  const person = await maybeRow(
    core.db,
    sql<{ user_id: string; password_hash: string }>`
    select user_id, password_hash from users where email = ${address} and disabled_at is null`,
  )
  if (!(await fitsPassword(password, person?.password_hash)) || !person) {
    core.log.warn({ ip, address: attempt.subjects.address.slice(0, 12) }, 'sign-in failed')
    throw new DomainError<AccountErrorCode>('session.wrong_credentials', 'The email address or the password is wrong.')
  }
  await forget(core.db, [attempt.subjects.addressAndPlace])
  await forgetOne(core.db, [attempt.subjects.place, attempt.subjects.address], at)
  core.log.info({ ip, user: person.user_id }, 'signed in')
  return beginSession(core.db, person.user_id, at)
}

type Subjects = Record<keyof typeof MOST_FAILURES, string>

/** Counts the attempt before the password is looked at, so that many at once cannot slip through. */
async function noteAttempt(core: Core, address: string, ip: string, at: Date) {
  const subjects = subjectsOf(core.keys.session, address, ip)
  const all = Object.values(subjects)
  await run(core.db, sql`delete from sign_in_failures where failed_at < ${new Date(at.getTime() - WINDOW_MS)}`)
  await run(
    core.db,
    sql`insert into sign_in_failures (subject, failed_at) select subject, ${at} from unnest(${all}::text[]) as asked(subject)`,
  )
  for (const kind of ['addressAndPlace', 'place', 'address'] as const) {
    const { failures, first } = await row(
      core.db,
      sql<{ failures: string; first: Date }>`
      select count(*) as failures, min(failed_at) as first from sign_in_failures where subject = ${subjects[kind]}`,
    )
    if (Number(failures) <= MOST_FAILURES[kind]) continue
    await forgetOne(core.db, all, at) // trying while locked out does not make it longer
    core.log.warn({ ip, kind }, 'sign-in refused after too many failures')
    const retryAfterSeconds = Math.max(1, Math.ceil((first.getTime() + WINDOW_MS - at.getTime()) / 1000))
    throw new DomainError<AccountErrorCode>(
      'session.too_many_attempts',
      `Too many attempts. Try again in ${Math.ceil(retryAfterSeconds / 60)} minutes.`,
      { fields: { retryAfterSeconds } },
    )
  }
  return { subjects }
}

function subjectsOf(secret: Buffer, address: string, ip: string): Subjects {
  const hashOf = (text: string) => createHmac('sha256', secret).update(`sign-in:${text}`).digest('hex')
  const place = placeOf(ip)
  return {
    addressAndPlace: hashOf(`${address}\n${place}`),
    place: hashOf(`\n${place}`),
    address: hashOf(`${address}\n`),
  }
}

/** An IPv4 address, or the first 64 bits of an IPv6 one, since a household has all the rest. */
export function placeOf(ip: string): string {
  if (!ip.includes(':')) return ip
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1]
  if (mapped) return mapped
  const [front = '', back] = ip.toLowerCase().split('::')
  const before = front.split(':').filter(Boolean)
  const after = (back ?? '').split(':').filter(Boolean)
  const zeros = back === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  return [...before, ...Array.from({ length: zeros }, () => '0'), ...after]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')
}

const forget = (db: Db, subjects: string[]) =>
  run(db, sql`delete from sign_in_failures where subject = any(${subjects}::text[])`)

/** Takes one attempt of `at` back from each subject. */
const forgetOne = (db: Db, subjects: string[], at: Date) =>
  run(
    db,
    sql`
    delete from sign_in_failures where ctid in (
      select distinct on (subject) ctid from sign_in_failures
      where subject = any(${subjects}::text[]) and failed_at = ${at} order by subject)`,
  )
