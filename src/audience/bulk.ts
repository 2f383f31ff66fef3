import { z } from 'zod'
import { noteAct } from '../accounts/audit.ts'
import { optOutMany } from '../optouts/optout.ts'
import { type Db, run, sql, type Trx, transaction } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import { findJob, JobCancelled, type JobContext, type JobRow, startJob } from '../platform/jobs.ts'
import { atOnce } from './at-once.ts'
import { type BulkAct, bulkAct } from './bulk.contract.ts'
import { changeAll } from './bulk-change.ts'
import { eraseAll } from './bulk-erase.ts'
import { type Selection, selection } from './contact.contract.ts'
import type { Actor } from './contact-event.ts'
import { selected } from './contact-filter.ts'
import { nameOf } from './group-members.ts'

/** The kind of the job; its handler is actOnSelection. */
export const BULK = 'bulk'

const payload = z.object({
  selection: selection.optional(),
  act: bulkAct,
  userId: z.string().nullable(),
  apiKeyId: z.string().nullable(),
})

/**
 * Starts an act on many contacts. Whom a filter finds is decided when the job runs.
 *
 * @throws DomainError group.not_found, segment.not_found, condition.invalid
 */
export async function startBulk(db: Db, actor: Actor, asked: { selection: Selection; act: BulkAct }): Promise<JobRow> {
  const { accountId, userId, apiKeyId } = actor
  const { act } = asked
  await selected(db, accountId, asked.selection) // refuses now what the job would refuse later
  return transaction(db, async (trx) => {
    if (act.type === 'add_to_group' || act.type === 'remove_from_group')
      await nameOf(trx, accountId, act.groupId, act.type === 'add_to_group')
    const jobId = await startJob(trx, {
      accountId,
      kind: BULK,
      subject: 'contacts',
      startedBy: userId,
      payload: { ...asked, userId, apiKeyId, ...(act.type === 'set_status' ? { status: act.status } : {}) },
    })
    await noteAct(trx, actor, `contacts.${act.type}`, { ...act, jobId })
    const started = await findJob(trx, accountId, jobId)
    if (!started) throw new Error('a job that was just started is there')
    return started
  })
}

/**
 * Does an act on many contacts and gives its exact result: `{optedOut, alreadyOptedOut}` for Opt-Out, else
 * `{matched, changed, optedOut}`. All of it happens in one transaction, except that erasing goes in steps.
 *
 * @throws JobCancelled when that was asked before it took effect
 */
export async function actOnSelection(job: JobContext): Promise<unknown> {
  try {
    return await act(job)
  } catch (error) {
    if (error instanceof DomainError || error instanceof JobCancelled) await forgetSelection(job)
    throw error
  }
}

async function act(job: JobContext): Promise<unknown> {
  const asked = payload.parse(job.payload)
  const actor = { accountId: job.accountId, userId: asked.userId, apiKeyId: asked.apiKeyId }
  const { act } = asked
  if (act.type === 'erase') return eraseAll(job, actor, asked.selection, act.count)
  const { selection } = asked
  if (!selection) throw new JobCancelled() // ended by another run, which forgot it
  if (act.type === 'set_status' && act.status === 'opt_out')
    return atOnce(job, (trx) => optOutAll(trx, actor, selection, job.jobId))
  return atOnce(job, (trx) => changeAll(trx, actor, selection, act, job.jobId))
}

/** Everybody selected, Error and archived contacts too. */
async function optOutAll(trx: Trx, { accountId, userId, apiKeyId }: Actor, asked: Selection, jobId: string) {
  // The lock of opt-outs of many, before the contacts are read: nobody is edited or joins in between (INV-17).
  await sql`select pg_advisory_xact_lock(1279738, (${accountId}::bigint % 2147483647)::int)`.execute(trx)
  const where = await selected(trx, accountId, asked)
  const { optedOut, alreadyOptedOut } = await optOutMany(
    trx,
    accountId,
    sql`select contact.address_key from contacts contact where ${where}`,
    { source: 'bulk', userId, apiKeyId, evidence: { jobId } },
  )
  return { result: { optedOut, alreadyOptedOut }, matched: optedOut + alreadyOptedOut }
}

/** What was selected may hold an address, which nobody needs any more. */
const forgetSelection = ({ db, accountId, jobId }: JobContext) =>
  run(db, sql`update jobs set payload = payload - 'selection' where account_id = ${accountId} and job_id = ${jobId}`)
