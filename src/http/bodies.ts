import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { refuse } from './refusal.ts'

/** Bodies of everything but uploads; a bigger one is answered with 413 before it is read. */
export const BODY_LIMIT = 1024 * 1024

/** More than any value of ours has, and little enough for those who walk through it. */
const DEEPEST = 50

/**
 * Takes JSON and nothing else: other content types are answered with 415, so that no form of another site gets in (SE-2).
 *
 * JSON must be UTF-8 without `__proto__`; of a key given twice the last counts (SE-17). An empty body is no body.
 */
export function takeBodies(app: FastifyInstance) {
  app.removeContentTypeParser(['text/plain', 'application/json'])
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (body.length === 0) return done(null, undefined)
    if (!isUtf8(body)) return done(refuse(400, 'The body is not UTF-8 text.'))
    return parse(request, body.toString('utf8'), done)
  })
}

/** PostgreSQL keeps no NUL and no half character: they are refused before anything is done with them. */
export async function refuseUnreadableText(request: FastifyRequest) {
  for (const part of [request.params, request.query, request.body]) refuseUnreadable(part, 0)
}

function refuseUnreadable(value: unknown, depth: number) {
  if (depth > DEEPEST) throw refuse(400, 'The body is nested too deeply.')
  if (typeof value === 'string') {
    if (value.includes('\0') || !value.isWellFormed())
      throw refuse(400, 'There is a character in the request that text does not have (NUL or half of one).')
  } else if (Array.isArray(value)) {
    for (const inner of value) refuseUnreadable(inner, depth + 1)
  } else if (value !== null && typeof value === 'object' && !Buffer.isBuffer(value)) {
    for (const [key, inner] of Object.entries(value)) {
      refuseUnreadable(key, depth)
      refuseUnreadable(inner, depth + 1)
    }
  }
}
