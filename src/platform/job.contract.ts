import { z } from 'zod'
import { idText, pageOf, pageQuery, time } from './page.contract.ts'

export const job = z
  .object({
    id: idText,
    kind: z.string(),
    status: z.enum(['queued', 'running', 'done', 'failed', 'cancelled']),
    progress: z.object({ done: z.int(), total: z.int().nullable() }),
    /** For an opt-out job {optedOut, alreadyOptedOut}; null until it is done. */
    result: z.unknown().nullable(),
    problem: z.string().nullable(),
    subject: z.string().nullable(),
    /** What it changes to, for jobs that change a status. */
    target: z.string().nullable(),
    startedBy: z.string().nullable(),
    createdAt: time,
    startedAt: time.nullable(),
    finishedAt: time.nullable(),
  })
  .meta({ id: 'Job' })
export type Job = z.infer<typeof job>
export const jobs = pageOf(job)
export const jobsQuery = z.strictObject({
  ...pageQuery,
  /** Only those that are not finished; with false only the finished ones. */
  open: z.stringbool().optional(),
  /** What they work on, such as group:12. */
  subject: z
    .string()
    .max(100)
    .regex(/^[^\u0000]*$/u)
    .optional(),
})
