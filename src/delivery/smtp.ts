// The only file that talks SMTP: every message goes through `deliver`, and so through its gate (INV-8).
import { Readable } from 'node:stream'
import type { ConnectionOptions } from 'node:tls'
import { domainToASCII } from 'node:url'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { Smtp } from '../platform/config.ts'

export type Envelope = { from: string; to: string }

/**
 * What became of one message on the wire.
 *
 * accepted, deferred, bounced: the server's answer, and the command that it answers. withheld: the gate said no, the
 * recipient was never named. not_handed: nothing of it can have been delivered, so it may be tried again.
 * sender_refused: the server will not take mail from this sender at all. unknown: the connection broke after the whole
 * message was written and before the answer.
 */
export type Outcome =
  | { kind: 'accepted' | 'deferred' | 'bounced'; command: string; answer: string }
  | { kind: 'withheld' }
  | { kind: 'not_handed' | 'sender_refused' | 'unknown'; answer: string }

export type SmtpConnection = {
  /**
   * Sends one message. `gate` is asked once, after the server's 250 to MAIL FROM and before RCPT TO names anybody;
   * false or an error sends nothing. Never throws; see docs/decisions/0003-hand-over-after-mail-from.md.
   */
  deliver: (envelope: Envelope, raw: Buffer, gate: () => Promise<boolean>) => Promise<Outcome>
  /** False once the connection is gone: the next message needs another one. */
  isOpen: () => boolean
  quit: () => void
  /** Breaks the connection at once. */
  close: () => void
}

/**
 * Connects, secures and signs in.
 *
 * STARTTLS or TLS with a valid certificate is required unless the relay is on this machine and said to be plain; no
 * password leaves without TLS (AU-7).
 * @param name what we call ourselves in EHLO
 * @param tls further certificate authorities, for tests
 * @throws Error with the server's words
 */
export async function openSmtp(
  smtp: Smtp,
  { name, tls = {} }: { name?: string; tls?: ConnectionOptions } = {},
): Promise<SmtpConnection> {
  const wire = new GatedConnection({
    host: smtp.host,
    port: smtp.port,
    secure: smtp.implicitTls,
    requireTLS: !smtp.implicitTls && !smtp.plain,
    ignoreTLS: smtp.plain,
    tls,
    connectionTimeout: 30_000,
    greetingTimeout: 30_000,
    socketTimeout: 10 * 60_000, // RFC 5321 §4.5.3.2.6: the answer to the final dot may take 10 minutes
    socketCloseTimeout: 1000,
    ...(name?.includes('.') ? { name } : {}),
  })
  wire.on('error', () => {}) // whoever waits gets the same error
  await settle(wire, (done) => wire.connect(done))
  if (smtp.user) await signIn(wire, smtp)
  return {
    deliver: (envelope, raw, gate) => deliver(wire, envelope, raw, gate),
    isOpen: () => !wire.destroyed,
    quit: () => wire.quit(),
    close: () => wire.close(),
  }
}

async function signIn(wire: GatedConnection, smtp: Smtp) {
  try {
    if (!wire.secure) throw new Error('a password is never sent without TLS')
    await settle(wire, (done) => wire.login({ user: smtp.user, pass: smtp.password }, done))
  } catch (error) {
    wire.close()
    throw error
  }
}

async function deliver(wire: GatedConnection, envelope: Envelope, raw: Buffer, gate: () => Promise<boolean>) {
  const from = asciiDomain(envelope.from)
  const to = asciiDomain(envelope.to)
  if (/[\u0080-\uffff]/.test(from + to) && !wire.offersSmtpUtf8)
    return bounced('API', 'needs SMTPUTF8: the mail server takes no addresses with letters outside ASCII')
  const asked = wire.openGate(gate)
  const source = Readable.from([raw], { objectMode: false })
  let written = false
  source.once('end', () => {
    written = true // heard before the final dot is written
  })
  let outcome: Outcome
  try {
    const sent = await settle<{ response: string }>(wire, (done) =>
      wire.send({ from, to: [to], size: raw.length }, source, done),
    )
    outcome = { kind: 'accepted', command: 'DATA', answer: sent?.response ?? '' }
  } catch (error) {
    outcome = outcomeOf(error, { handed: await asked.passed(), named: asked.named(), written })
  }
  if (outcome.kind !== 'accepted' && !wire.destroyed)
    await settle(wire, (done) => wire.reset(done)).catch(() => wire.close())
  return outcome
}

type Progress = { handed: boolean | Error; named: boolean; written: boolean }

function outcomeOf(error: unknown, { handed, named, written }: Progress): Outcome {
  const failure = error instanceof Error ? error : new Error(String(error))
  const code = 'responseCode' in failure && typeof failure.responseCode === 'number' ? failure.responseCode : 0
  const answer = 'response' in failure && typeof failure.response === 'string' ? failure.response : failure.message
  const command = 'command' in failure && typeof failure.command === 'string' ? failure.command : 'CONN'
  if (handed === false && failure instanceof Refused) return { kind: 'withheld' }
  if (handed instanceof Error) return { kind: 'not_handed', answer: `the last check failed: ${handed.message}` }
  if (command === 'MAIL FROM' && code >= 500)
    return isAboutMessage(answer) ? bounced(command, answer) : { kind: 'sender_refused', answer }
  if (isUnsendable(failure, command, code)) return bounced(command, answer)
  if (code === 421 && !named) return { kind: 'not_handed', answer }
  if (command !== 'CONN' && code >= 400) return { kind: code < 500 ? 'deferred' : 'bounced', command, answer }
  if (written) return { kind: 'unknown', answer }
  return named ? { kind: 'deferred', command, answer } : { kind: 'not_handed', answer }
}

const bounced = (command: string, answer: string): Outcome => ({ kind: 'bounced', command, answer })

/** Refused on our side, whichever connection is used: an address that no command may hold, or too big for this server. */
function isUnsendable(failure: Error, command: string, code: number): boolean {
  const kind = 'code' in failure ? failure.code : ''
  return (command === 'API' && kind === 'EENVELOPE') || (command === 'MAIL FROM' && code === 0 && kind === 'EMESSAGE')
}

/** A 5xx to MAIL FROM that another message would not get: too big, or an address that needs SMTPUTF8. */
const isAboutMessage = (answer: string) => /^552|\b5\.6\.7\b|\b5\.3\.4\b/.test(answer) || /^553 .*6\.7/.test(answer)

/** The domain as A-labels (MF-8); the part before the @ is never touched (MF-9). */
function asciiDomain(address: string): string {
  const at = address.lastIndexOf('@')
  return `${address.slice(0, at + 1)}${domainToASCII(address.slice(at + 1)) || address.slice(at + 1)}`
}

/** A callback's outcome as a promise; the end of the connection, however it comes, settles it too. */
async function settle<Result>(
  wire: GatedConnection,
  start: (done: (error?: Error | null, result?: Result) => void) => void,
): Promise<Result | undefined> {
  let ended = () => {}
  let failed = (_error: Error) => {}
  try {
    return await new Promise<Result | undefined>((resolve, reject) => {
      failed = reject
      ended = () => setImmediate(() => reject(new Error('the connection ended')))
      wire.on('error', failed)
      wire.on('end', ended)
      start((error, result) => (error ? reject(error) : resolve(result)))
    })
  } finally {
    wire.off('error', failed)
    wire.off('end', ended)
  }
}

class Refused extends Error {}

type Callback = (error: Error | null) => void
type Step = 'MAIL' | 'RCPT' | 'EHLO'

// nodemailer leaves these out of its types, so they are looked up once; a version that lacks one does not start.
const steps: Record<Step, unknown> = {
  MAIL: Reflect.get(SMTPConnection.prototype, '_actionMAIL'),
  RCPT: Reflect.get(SMTPConnection.prototype, '_sendRcpt'),
  EHLO: Reflect.get(SMTPConnection.prototype, '_parseEhloExtensions'),
}

/** nodemailer's connection with a gate between the answer to MAIL FROM and RCPT TO. */
class GatedConnection extends SMTPConnection {
  offersSmtpUtf8 = false
  private gate: (() => void) | null = null
  private mailAccepted = false
  private sendRecipient: (() => void) | null = null
  private refuse: Callback = () => {}

  /** Arms the gate for the next message. `passed` waits for its answer: false when it was never asked. */
  openGate(ask: () => Promise<boolean>) {
    let answer: Promise<boolean | Error> = Promise.resolve(false)
    let named = false
    this.mailAccepted = false
    this.gate = () => {
      answer = ask().catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))))
      void answer.then((passed) => {
        if (passed !== true) return this.refuse(new Refused('the gate said no'))
        if (this.destroyed) return
        named = true
        this.sendRecipient?.()
      })
    }
    return { passed: () => answer, named: () => named }
  }

  /** Without PIPELINING: it would name the recipient in the same packet as the sender, before the gate. */
  _parseEhloExtensions(reply: string) {
    this.offersSmtpUtf8 = /^250[ -]SMTPUTF8\b/im.test(reply)
    step('EHLO', this, [reply.replace(/^(250[ -])PIPELINING\b.*$/gim, '$1')])
  }

  _actionMAIL(reply: string, callback: Callback) {
    this.mailAccepted = reply.startsWith('2')
    step('MAIL', this, [reply, callback])
  }

  _sendRcpt(recipient: string, callback: Callback) {
    const { gate } = this
    this.gate = null
    if (!gate || !this.mailAccepted) {
      callback(new Error('a recipient was about to be named without the last check'))
      this.close()
      return
    }
    this.refuse = callback
    this.sendRecipient = () => step('RCPT', this, [recipient, callback])
    gate()
  }
}

function step(name: Step, wire: GatedConnection, input: unknown[]) {
  const run = steps[name]
  if (typeof run !== 'function') throw new Error(`nodemailer changed: there is no ${name} step`)
  Reflect.apply(run, wire, input)
}
