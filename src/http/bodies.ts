import { isUtf8 } from 'node:buffer'
import formbody from '@fastify/formbody'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { refuse } from './refusal.ts'

/** Bodies of everything but uploads; a bigger one is answered with 413 before it is read. */
export const BODY_LIMIT = 1024 * 1024

/**
 * Takes JSON and form bodies and nothing else: other content types are answered with 415.
 *
 * JSON must be UTF-8 without `__proto__`; of a key given twice the last counts (SE-17). An empty body is no body.
 */
export async function takeBodies(app: FastifyInstance) {
  app.removeContentTypeParser(['text/plain', 'application/json'])
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (body.length === 0) return done(null, undefined)
    if (!isUtf8(body)) return done(refuse(400, 'The body is not UTF-8 text.'))
    return parse(request, body.toString('utf8'), done)
  })
  await app.register(formbody, { bodyLimit: 64 * 1024 })
}

/** PostgreSQL keeps no NUL and no half character: they are refused before anything is done with them. */
export async function refuseUnreadableText(request: FastifyRequest) {
  for (const part of [request.params, request.query, request.body])
    if (!isReadable(part))
      throw refuse(400, 'There is a character in the request that text does not have (NUL or half of one).')
}

function isReadable(value: unknown): boolean {
  if (typeof value === 'string') return !value.includes('\0') && value.isWellFormed()
  if (Array.isArray(value)) return value.every(isReadable)
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return true
  return Object.entries(value).every(([key, inner]) => isReadable(key) && isReadable(inner))
}
