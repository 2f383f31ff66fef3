import { isAddress, readAddress } from '../optouts/address.ts'
import type { Core } from '../platform/core.ts'
import { type Db, row, rows, run, sql, transaction } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import { findJob, type JobContext, type JobRow, startJob } from '../platform/jobs.ts'
import { eraseAll } from './bulk-erase.ts'
import type { Actor } from './contact-event.ts'
import type { EraseCheck } from './erase.contract.ts'
import type { AudienceErrorCode } from './errors.ts'

/** The kind of the job; its handler is runErasure. */
export const ERASE = 'erase'

/** Whom a list of addresses would erase; nothing is written. `optedOut` are among `contacts`. */
export async function checkErasure(db: Db, accountId: string, addresses: string[]): Promise<EraseCheck> {
  const { canonicals, invalid } = canonicalForms(addresses)
  const { contacts, opted_out } = await row(
    db,
    sql<{ contacts: number; opted_out: number }>`
    select count(*)::int as contacts, count(standing.address_key)::int as opted_out
    from contacts contact
    left join standing_optouts standing on standing.account_id = ${accountId} and standing.address_key = contact.address_key
    where contact.account_id = ${accountId} and contact.canonical = any (${canonicals}::text[])`,
  )
  return { contacts, optedOut: opted_out, notFound: canonicals.length - contacts + invalid }
}

/**
 * Starts to erase everybody with one of these addresses; the job knows them by id only, so that no address stays in it.
 *
 * @param count how many the operator said yes to
 * @throws DomainError bulk.count_differs when it is another number by now; nothing is erased then
 */
export function startErasure(
  { db }: Pick<Core, 'db'>,
  actor: Actor,
  { addresses, count }: { addresses: string[]; count: number },
): Promise<JobRow> {
  const { accountId, userId, apiKeyId } = actor
  const { canonicals } = canonicalForms(addresses)
  return transaction(db, async (trx) => {
    const found = await rows(
      trx,
      sql<{ contact_id: string }>`
      select contact_id from contacts where account_id = ${accountId} and canonical = any (${canonicals}::text[])`,
    )
    if (found.length !== count)
      throw new DomainError<AudienceErrorCode>(
        'bulk.count_differs',
        `By now ${found.length} of these addresses are contacts, not the ${count} that you confirmed. Nobody was erased. Check the list again.`,
      )
    const jobId = await startJob(trx, {
      accountId,
      kind: ERASE,
      subject: 'erase',
      startedBy: userId,
      total: count,
      payload: { count, userId, apiKeyId },
    })
    await run(
      trx,
      sql`
      insert into job_contacts (account_id, job_id, contact_id)
      select ${accountId}, ${jobId}, contact_id from unnest(${found.map((one) => one.contact_id)}::bigint[]) as found (contact_id)`,
    )
    const job = await findJob(trx, accountId, jobId)
    if (!job) throw new Error('a job that was just started is not there')
    return job
  })
}

/** Erases whom startErasure wrote down, some thousand at a time; killed anywhere, it goes on (INV-16). */
export function runErasure(job: JobContext): Promise<unknown> {
  const { count, userId, apiKeyId } = job.payload
  const text = (value: unknown) => (typeof value === 'string' ? value : null)
  const actor = { accountId: job.accountId, userId: text(userId), apiKeyId: text(apiKeyId) }
  return eraseAll(job, actor, undefined, Number(count))
}

function canonicalForms(addresses: string[]): { canonicals: string[]; invalid: number } {
  const read = addresses.map((address) => readAddress(address.toWellFormed()))
  const valid = read.filter(isAddress)
  return { canonicals: [...new Set(valid.map(({ canonical }) => canonical))], invalid: read.length - valid.length }
}
