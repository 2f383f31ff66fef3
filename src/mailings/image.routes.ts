import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Core } from '../platform/core.ts'
import { findImage } from './image.ts'

const params = z.object({ file: z.string() })
const TYPES = { png: 'image/png', jpg: 'image/jpeg', gif: 'image/gif', webp: 'image/webp' }

/** Pictures in mail, for everybody who knows the address. They never change, so they are kept for a year. */
export function imagePages(app: FastifyInstance, { db }: Core) {
  app.get('/m/:file', async (request, reply) => {
    const [token = '', ending] = params.parse(request.params).file.split('.')
    const found = /^[A-Za-z0-9_-]{20,60}$/.test(token) ? await findImage(db, token) : undefined
    reply.headers({
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'cross-origin', // shown in webmail, which is another site
    })
    if (!found || found.type !== ending)
      return reply
        .code(404)
        .header('cache-control', 'no-store')
        .type('text/plain; charset=utf-8')
        .send('No such picture.\n')
    return reply
      .header('cache-control', 'public, max-age=31536000, immutable')
      .type(TYPES[found.type])
      .send(found.content)
  })
}
