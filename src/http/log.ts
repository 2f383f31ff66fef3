import { createHash } from 'node:crypto'
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify'
import type { Log } from '../platform/log.ts'

/** Fastify's idea of a logger over ours. */
export function serverLog(log: Log): FastifyBaseLogger {
  const server: FastifyBaseLogger = {
    level: 'info',
    silent: () => {},
    trace: () => {},
    debug: log.debug.bind(log),
    info: log.info.bind(log),
    warn: log.warn.bind(log),
    error: log.error.bind(log),
    fatal: log.error.bind(log),
    child: () => server,
  }
  return server
}

/** One line a request: what was asked and how it went; never a query, a token or an address (SE-7, SE-14). */
export function logRequests(app: FastifyInstance, log: Log) {
  app.addHook('onResponse', async (request, reply) => {
    const line = {
      request: request.id,
      method: request.method,
      path: safePath(request),
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      ...(request.caller?.userId ? { user: request.caller.userId } : {}),
      ...(request.caller?.apiKeyId ? { apiKey: request.caller.apiKeyId } : {}),
    }
    if (reply.statusCode === 401 || reply.statusCode === 403 || reply.statusCode === 429)
      log.warn({ ...line, ip: request.ip }, 'request refused')
    else log.info(line, 'request')
  })
}

/** The route as it is written, with its ids; a token shows as the beginning of its hash, to tell two apart. */
export function safePath(request: Pick<FastifyRequest, 'params' | 'routeOptions'>): string {
  const route = request.routeOptions.url
  if (!route || route === '/*') return '(other)'
  const params = new Map(Object.entries(request.params ?? {}))
  return route.replace(/:([A-Za-z]+)|\*/g, (whole, name: string | undefined) => {
    const value = String(params.get(name ?? whole) ?? '')
    return /^\d{1,18}$/.test(value) ? value : `#${createHash('sha256').update(value).digest('hex').slice(0, 12)}`
  })
}
