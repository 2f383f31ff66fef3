import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import { readResponseToken } from '../delivery/response-token.ts'
import { notThere } from '../mailings/view.routes.ts'
import type { Core } from '../platform/core.ts'
import { rows, sql } from '../platform/database.ts'
import { isMachineAgent } from './machine.ts'
import { openRecorder } from './recorder.ts'

const params = z.object({ '*': z.string() })

/** One transparent pixel. */
const GIF = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')

/**
 * Tracked links and the open image. Both answer before anything is written and change no status, topic or consent (AB-1);
 * they work when the contact is erased and the mailing deleted. A link leads only where its mailing's list says (AB-8).
 */
export function trackingPages(app: FastifyInstance, core: Core) {
  const recorder = openRecorder(core)
  const targetOf = openTargets(core)
  app.addHook('onClose', () => recorder.stop())

  function note(
    kind: 'opened' | 'clicked',
    read: NonNullable<ReturnType<typeof readResponseToken>>,
    isMachine: boolean,
  ) {
    const { accountId, messageId, number } = read
    recorder.note({ accountId, messageId, kind, number, at: core.clock(), isMachine })
  }

  app.get('/c/*', async (request, reply) => {
    hide(reply)
    const read = readResponseToken(core.keys.link, params.parse(request.params)['*'].replace(/[^A-Za-z0-9_-]+$/, ''))
    const target = read && (await targetOf(read))
    if (!read || !target) return notThere(core, request, reply, null)
    note('clicked', read, isMachineAgent(request.method, request.headers['user-agent']))
    return reply.code(302).header('location', target).send()
  })

  app.get('/i/*', async (request, reply) => {
    hide(reply)
    const read = readResponseToken(core.keys.link, params.parse(request.params)['*'])
    if (read?.number === 0) note('opened', read, isMachineAgent(request.method, request.headers['user-agent']))
    return reply.type('image/gif').send(GIF)
  })
}

function hide(reply: FastifyReply) {
  reply.headers({
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-robots-tag': 'noindex',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'",
  })
}

type Asked = { accountId: string; mailingId: string; number: number }
const KEPT_MAILINGS = 200

/** Gives where a link leads, or undefined. A mailing's list never changes once it is there, so it is read once. */
function openTargets({ db }: Core) {
  const known = new Map<string, Map<number, string>>()
  return async ({ accountId, mailingId, number }: Asked): Promise<string | undefined> => {
    const key = `${accountId}/${mailingId}`
    const before = known.get(key)
    if (before) return before.get(number)
    const found = await rows(
      db,
      sql<{ number: number; url: string }>`
      select number, url from mailing_links where account_id = ${accountId} and mailing_id = ${mailingId}`,
    )
    const targets = new Map(found.map((link) => [link.number, link.url]))
    if (targets.size > 0) known.set(key, targets)
    for (const oldest of known.keys()) if (known.size > KEPT_MAILINGS) known.delete(oldest)
    return targets.get(number)
  }
}
