import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'

/** Long enough to take in an answer, short enough for those who never stop sending. */
const LINGER_MS = 2000

/**
 * Lets those read their answer who are refused while they still send: the connection is closed after it, but what keeps
 * arriving is read and thrown away for a moment. Closed at once, it would break under the sender, who then sees a
 * failure of the network instead of what is wrong; kept open, the rest would stand in the way of the next request.
 */
export function lingerAfterRefusal(app: FastifyInstance) {
  app.addHook('onSend', async ({ raw }, reply) => {
    if (raw.complete || !hasBody(raw)) return
    reply.header('connection', 'close')
    const { socket } = raw
    const close = () => void socket.destroy()
    socket.destroySoon = () => {
      socket.end()
      if (raw.complete || raw.destroyed || socket.readableEnded) return close()
      raw.once('end', close)
      socket.once('end', close)
      setTimeout(close, LINGER_MS).unref()
      raw.unpipe()
      raw.resume()
    }
  })
}

const hasBody = ({ headers }: IncomingMessage) =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
