import { row, rows, run, sql, type Trx, transaction } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import { findJob, JobCancelled, type JobContext } from '../platform/jobs.ts'
import { endJob } from './at-once.ts'
import type { Selection } from './contact.contract.ts'
import type { Actor } from './contact-event.ts'
import { selected } from './contact-filter.ts'
import { eraseContacts } from './erase.ts'
import type { AudienceErrorCode } from './errors.ts'

const STEP = 5000

/**
 * Erases everybody selected in steps. Who that is is fixed with the first one, so a program that is killed goes on with
 * the same people; their opt-outs stay (INV-16).
 *
 * @param confirmed how many the operator said yes to
 * @throws DomainError bulk.count_differs when another number matches by now; nothing is erased then
 * @throws JobCancelled when that was asked before the first step
 */
export async function eraseAll(job: JobContext, actor: Actor, asked: Selection | undefined, confirmed: number) {
  const { db, accountId, jobId } = job
  if (asked) await transaction(db, (trx) => fix(trx, job, asked, confirmed))
  for (;;) {
    await job.progress(confirmed - (await left(job)), confirmed)
    if ((await transaction(db, (trx) => eraseStep(trx, job, actor))) === 0) break
  }
  const { erased } = await row(
    db,
    sql<{ erased: number }>`
    select coalesce((payload ->> 'erased')::int, 0) as erased from jobs where account_id = ${accountId} and job_id = ${jobId}`,
  )
  const result = { matched: confirmed, changed: erased, optedOut: 0 }
  await transaction(db, (trx) => endJob(trx, job, { result, matched: confirmed }, false))
  return result
}

/** Writes down whom it is about, once: the selection leaves the job with it. */
async function fix(trx: Trx, { accountId, jobId }: JobContext, asked: Selection, confirmed: number): Promise<void> {
  const taken = await run(
    trx,
    sql`
    update jobs set payload = payload - 'selection'
    where account_id = ${accountId} and job_id = ${jobId} and payload ? 'selection' and cancel_asked_at is null`,
  )
  if (taken === 0) {
    const job = await findJob(trx, accountId, jobId)
    if (job && 'selection' in job.payload) throw new JobCancelled()
    return // another run of this job was first
  }
  const where = await selected(trx, accountId, asked)
  const matched = await run(
    trx,
    sql`
    insert into job_contacts (account_id, job_id, contact_id)
    select ${accountId}, ${jobId}, contact.contact_id from contacts contact where ${where}`,
  )
  if (matched === confirmed) return
  const count = new Intl.NumberFormat('en-GB')
  throw new DomainError<AudienceErrorCode>(
    'bulk.count_differs',
    `By now ${count.format(matched)} contacts match, not the ${count.format(confirmed)} that you confirmed. Nobody was erased. Look at the selection and confirm again.`,
  )
}

async function left({ db, accountId, jobId }: JobContext): Promise<number> {
  const { left } = await row(
    db,
    sql<{ left: number }>`
    select count(*)::int as left from job_contacts where account_id = ${accountId} and job_id = ${jobId}`,
  )
  return left
}

/** Erases the next of them; gives how many there were. */
async function eraseStep(trx: Trx, { accountId, jobId }: JobContext, actor: Actor): Promise<number> {
  const taken = await rows(
    trx,
    sql<{ contact_id: string }>`
    delete from job_contacts waiting
    where waiting.account_id = ${accountId} and waiting.job_id = ${jobId} and waiting.contact_id = any (array(
      select contact_id from job_contacts where account_id = ${accountId} and job_id = ${jobId}
      order by contact_id limit ${STEP}))
    returning waiting.contact_id`,
  )
  if (taken.length === 0) return 0
  const erased = await eraseContacts(
    trx,
    actor,
    taken.map(({ contact_id }) => contact_id),
  )
  await run(
    trx,
    sql`
    update jobs set payload = jsonb_set(payload, '{erased}', to_jsonb(coalesce((payload ->> 'erased')::int, 0) + ${erased}::int))
    where account_id = ${accountId} and job_id = ${jobId}`,
  )
  return taken.length
}
