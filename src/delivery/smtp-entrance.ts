import { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { Smtp } from '../platform/relay.ts'

/** What the server says it can do; `size` is the largest message it takes in bytes, 0 for any, null when it does not say. */
export type Offers = { pipelining: boolean; smtpUtf8: boolean; size: number | null }

/**
 * Connects, secures and signs in with nodemailer, and gives the socket on which messages can follow.
 *
 * STARTTLS or TLS with a valid certificate is required unless the relay is on this machine and said to be plain; no
 * password leaves without TLS (AU-7).
 * @throws Error with the server's words
 */
export async function enter(
  smtp: Smtp,
  { name, tls = {} }: { name?: string; tls?: ConnectionOptions },
): Promise<{ socket: Socket; offers: Offers }> {
  const entrance = new Entrance({
    host: smtp.host,
    port: smtp.port,
    secure: smtp.implicitTls,
    requireTLS: !smtp.implicitTls && !smtp.plain,
    ignoreTLS: smtp.plain,
    tls,
    connectionTimeout: 30_000,
    greetingTimeout: 30_000,
    socketTimeout: 5 * 60_000, // RFC 5321 §4.5.3.2.1
    ...(name?.includes('.') ? { name } : {}),
  })
  entrance.on('error', () => {}) // whoever waits gets the same error
  await settle(entrance, (done) => entrance.connect(done))
  if (smtp.user) await signIn(entrance, smtp)
  return { socket: entrance.handOver(), offers: entrance.offers }
}

async function signIn(entrance: Entrance, smtp: Smtp) {
  try {
    if (!entrance.secure) throw new Error('a password is never sent without TLS')
    await settle(entrance, (done) => entrance.login({ user: smtp.user, pass: smtp.password }, done))
  } catch (error) {
    entrance.close()
    throw error
  }
}

/** A callback's outcome as a promise; the end of the connection, however it comes, settles it too. */
async function settle(entrance: Entrance, start: (done: (error?: Error | null) => void) => void): Promise<void> {
  let ended = () => {}
  let failed = (_error: Error) => {}
  try {
    await new Promise<void>((resolve, reject) => {
      failed = reject
      ended = () => setImmediate(() => reject(new Error('the connection ended')))
      entrance.on('error', failed)
      entrance.on('end', ended)
      start((error) => (error ? reject(error) : resolve()))
    })
  } finally {
    entrance.off('error', failed)
    entrance.off('end', ended)
  }
}

// nodemailer leaves these out of its types; with a version that lacks one no connection opens.
const LISTENERS = [
  ['data', '_onSocketData'],
  ['timeout', '_onSocketTimeout'],
  ['close', '_onSocketClose'],
  ['end', '_onSocketEnd'],
  ['error', '_onSocketError'],
  ['error', '_onConnectionSocketError'],
] as const
const parseExtensions: unknown = Reflect.get(SMTPConnection.prototype, '_parseEhloExtensions')

/** nodemailer's connection for everything before the first message: TLS, greeting, signing in. */
class Entrance extends SMTPConnection {
  offers: Offers = { pipelining: false, smtpUtf8: false, size: null }

  /** Called for each answer to EHLO; what was offered before STARTTLS no longer counts (RFC 3207 §4.2). */
  _parseEhloExtensions(reply: string) {
    const size = /^250[ -]SIZE\b(?:[ =]+(\d+))?/im.exec(reply)
    this.offers = {
      pipelining: /^250[ -]PIPELINING\b/im.test(reply),
      smtpUtf8: /^250[ -]SMTPUTF8\b/im.test(reply),
      size: size ? Number(size[1] ?? 0) : null,
    }
    if (typeof parseExtensions !== 'function') throw new Error('nodemailer changed: it reads no extensions')
    Reflect.apply(parseExtensions, this, [reply])
  }

  /** Gives the socket away; nodemailer hears nothing of it from now on. */
  handOver(): Socket {
    const socket: unknown = Reflect.get(this, '_socket')
    if (!(socket instanceof Socket)) throw new Error('nodemailer changed: there is no socket')
    for (const [event, name] of LISTENERS) {
      const listener: unknown = Reflect.get(this, name)
      if (typeof listener !== 'function') throw new Error(`nodemailer changed: there is no ${name}`)
      socket.removeListener(event, listener as (...input: unknown[]) => void)
    }
    return socket
  }
}
