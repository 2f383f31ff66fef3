import type { FastifyInstance, FastifyRequest } from 'fastify'
import { callerOfApiKey } from '../accounts/api-key.ts'
import type { Caller } from '../accounts/caller.ts'
import type { AccountErrorCode } from '../accounts/errors.ts'
import { callerOfSession, sessionCookieName } from '../accounts/session.ts'
import type { Core } from '../platform/core.ts'
import { DomainError } from '../platform/errors.ts'
import { isOwnOrigin } from './origin.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Callable without a key or session. */
    open?: boolean
  }
}

const SAFE = new Set(['GET', 'HEAD'])

/** Asks every request to /api/v1 who makes it, before anything of it is read, and sets `request.caller`. */
export function guard(app: FastifyInstance, core: Core) {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store')
    const caller = await callerOf(core, request)
    if (!SAFE.has(request.method)) refuseForeignOrigin(core, request, caller)
    if (caller) request.caller = caller
    if (request.routeOptions.config.open) return
    if (!caller)
      throw new DomainError<AccountErrorCode>(
        'request.not_signed_in',
        'Sign in, or send an API key as “Authorization: Bearer …”.',
      )
    if (caller.scope === 'read' && !SAFE.has(request.method))
      throw new DomainError<AccountErrorCode>('request.forbidden', 'This API key may only read.')
  })
}

/** A key when one is given, whether it is valid or not; else the session. Never both. */
async function callerOf(core: Core, request: FastifyRequest): Promise<Caller | null> {
  const { authorization } = request.headers
  if (authorization !== undefined) {
    const [, token] = /^Bearer +(\S{1,500})$/i.exec(authorization) ?? []
    return token ? callerOfApiKey(core.db, token, core.clock()) : null
  }
  const token = request.cookies[sessionCookieName(core.config)]
  return token ? callerOfSession(core.db, token, core.clock()) : null
}

/**
 * A browser sends our cookie along with what other sites make it send, and says in Origin which site that was (SE-2).
 *
 * With a session an Origin of ours is required; without one (signing in) a foreign one is refused.
 */
function refuseForeignOrigin({ config }: Core, request: FastifyRequest, caller: Caller | null) {
  if (request.headers.authorization !== undefined) return
  const { origin } = request.headers
  if (origin === undefined && !caller?.userId) return
  if (origin !== undefined && isOwnOrigin(config, origin, request.headers.host)) return
  throw new DomainError<AccountErrorCode>(
    'request.foreign_origin',
    `This was asked for by another site. Open ${config.baseUrl} and do it there.`,
  )
}
