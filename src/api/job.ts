import type { Job } from '../platform/job.contract.ts'
import type { JobRow } from '../platform/jobs.ts'

/** A job as the API shows it. */
export function presentJob(row: JobRow): Job {
  return {
    id: row.job_id,
    kind: row.kind,
    status: row.status,
    progress: { done: Number(row.done), total: row.total === null ? null : Number(row.total) },
    result: row.result ?? null,
    problem: row.problem,
    subject: row.subject,
    target: typeof row.payload.status === 'string' ? row.payload.status : null,
    startedBy: row.started_by,
    createdAt: row.created_at.toISOString(),
    startedAt: row.started_at?.toISOString() ?? null,
    finishedAt: row.finished_at?.toISOString() ?? null,
  }
}
