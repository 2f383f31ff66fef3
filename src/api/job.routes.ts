import { z } from 'zod'
import { findNamedJob, listJobs } from '../accounts/job-list.ts'
import type { AudienceErrorCode } from '../audience/errors.ts'
import type { Core } from '../platform/core.ts'
import { DomainError } from '../platform/errors.ts'
import { job, jobs, jobsQuery } from '../platform/job.contract.ts'
import { askToCancel } from '../platform/jobs.ts'
import { idText } from '../platform/page.contract.ts'
import type { Api } from './api.ts'
import { presentJob } from './job.ts'

const jobParams = z.object({ id: idText })

export function jobRoutes(app: Api, { db }: Core) {
  async function jobOf(accountId: string, jobId: string) {
    const found = await findNamedJob(db, accountId, jobId)
    if (!found) throw new DomainError<AudienceErrorCode>('job.not_found', 'There is no such job.')
    return presentJob(found)
  }

  app.get('/jobs', { schema: { querystring: jobsQuery, response: { 200: jobs } } }, async (request) => {
    const { items, nextCursor } = await listJobs(db, request.caller.accountId, request.query)
    return { items: items.map(presentJob), nextCursor }
  })

  app.get('/jobs/:id', { schema: { params: jobParams, response: { 200: job } } }, (request) =>
    jobOf(request.caller.accountId, request.params.id),
  )

  // It stops while nothing of it has taken effect; else it goes on, and the answer shows that.
  app.post('/jobs/:id/cancel', { schema: { params: jobParams, response: { 200: job } } }, async (request) => {
    const { accountId } = request.caller
    await askToCancel(db, accountId, request.params.id)
    return jobOf(accountId, request.params.id)
  })
}
