import type { FastifyInstance } from 'fastify'
import type { Core } from '../platform/core.ts'
import { sql } from '../platform/database.ts'

const TIMEOUT_MS = 2000

/** GET /healthz: 200 when the program can do its work, which is to say when the database answers; else 503. */
export function healthRoute(app: FastifyInstance, { db, log }: Core) {
  app.get('/healthz', { schema: { hide: true } }, async (_request, reply) => {
    reply.header('cache-control', 'no-store')
    try {
      await within(TIMEOUT_MS, sql`select 1`.execute(db))
      return { status: 'ok' }
    } catch (error) {
      log.warn({ problem: error instanceof Error ? error.message : String(error) }, 'not healthy')
      return reply.code(503).send({ code: 'unavailable', message: 'The database does not answer.' })
    }
  })
}

async function within<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${ms} ms`)), ms)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
