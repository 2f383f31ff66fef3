// The only file that talks SMTP: every message goes through `deliver`, and so through its gate (INV-8).
import type { ConnectionOptions } from 'node:tls'
import { domainToASCII } from 'node:url'
import type { Smtp } from '../platform/relay.ts'
import { enter, type Offers } from './smtp-entrance.ts'
import { type Reply, Wire } from './smtp-wire.ts'

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
   * Sends one message after those that were given before. `gate` is asked once, after the server's 250 to MAIL FROM and
   * before RCPT TO names anybody; false or an error sends nothing. Never throws; see
   * docs/decisions/0003-hand-over-after-mail-from.md.
   */
  deliver: (envelope: Envelope, raw: Buffer, gate: () => Promise<boolean>) => Promise<Outcome>
  /** False once the connection is gone: the next message needs another one. */
  isOpen: () => boolean
  quit: () => void
  /** Breaks the connection at once. */
  close: () => void
}

const REPLY_MS = 10 * 60_000 // RFC 5321 §4.5.3.2.6: the answer to the final dot may take 10 minutes

/**
 * Connects, secures and signs in.
 *
 * @param name what we call ourselves in EHLO
 * @param tls further certificate authorities, for tests
 * @throws Error with the server's words
 */
export async function openSmtp(
  smtp: Smtp,
  options: { name?: string; tls?: ConnectionOptions } = {},
): Promise<SmtpConnection> {
  const { socket, offers } = await enter(smtp, options)
  const wire = new Wire(socket, REPLY_MS)
  const dialogue = new Dialogue(wire, offers)
  return {
    deliver: (envelope, raw, gate) => dialogue.deliver(envelope, raw, gate),
    isOpen: () => wire.isOpen(),
    quit: () => wire.quit(),
    close: () => wire.close(),
  }
}

/** Messages one after the other over one connection. */
class Dialogue {
  private readonly wire: Wire
  private readonly offers: Offers
  /** Settled as soon as the next MAIL FROM may be written. */
  private free: Promise<void> = Promise.resolve()

  constructor(wire: Wire, offers: Offers) {
    this.wire = wire
    this.offers = offers
  }

  async deliver(envelope: Envelope, raw: Buffer, gate: () => Promise<boolean>): Promise<Outcome> {
    const before = this.free
    let leave = () => {}
    this.free = new Promise((resolve) => {
      leave = resolve
    })
    try {
      await before
      return await this.transact(envelope, raw, gate, leave)
    } finally {
      leave()
    }
  }

  private async transact(envelope: Envelope, raw: Buffer, gate: () => Promise<boolean>, leave: () => void) {
    const { wire, offers } = this
    const mail = mailCommand(envelope, raw.length, offers)
    if (typeof mail !== 'string') return mail
    let named = false
    let written = false
    try {
      const greeted = await wire.ask(mail)
      if (!isPositive(greeted)) return await this.giveUp(refusedSender(greeted))
      const answer = await gate().catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))))
      if (answer instanceof Error)
        return await this.giveUp({ kind: 'not_handed', answer: `the last check failed: ${answer.message}` })
      if (!answer) return await this.giveUp({ kind: 'withheld' })
      named = wire.isOpen()
      const [recipient, data] = await this.open(asciiDomain(envelope.to))
      if (!isPositive(recipient)) return await this.giveUp(refused('RCPT TO', recipient))
      if (data?.code !== 354) return await this.giveUp(refused('DATA', data ?? recipient))
      const finished = wire.ask(withStuffedDots(raw))
      written = true
      if (offers.pipelining) leave() // the next MAIL FROM need not wait for the answer (RFC 2920 §3.1)
      const end = await finished
      if (end.code === 421) wire.close()
      return isPositive(end) ? accepted(end) : refused('DATA', end) // either way nothing is left to clear
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error)
      if (written) return { kind: 'unknown' as const, answer: words }
      return named ? { kind: 'deferred' as const, command: 'CONN', answer: words } : notHanded(words)
    }
  }

  /** RCPT TO and DATA, together where the server takes them so. A DATA that nobody shall get is ended empty. */
  private async open(to: string): Promise<[Reply, Reply | null]> {
    const { wire } = this
    const rcpt = `RCPT TO:<${to}>\r\n`
    if (!this.offers.pipelining) {
      const recipient = await wire.ask(rcpt)
      return [recipient, isPositive(recipient) ? await wire.ask('DATA\r\n') : null]
    }
    const [recipient, data] = await Promise.all([wire.ask(rcpt), wire.ask('DATA\r\n')])
    if (!isPositive(recipient) && data.code === 354) await wire.ask('.\r\n')
    return [recipient, data]
  }

  /** Clears the transaction, so that the next message can have the connection. */
  private async giveUp(outcome: Outcome): Promise<Outcome> {
    const isGoodbye = 'answer' in outcome && outcome.answer.startsWith('421')
    if (isGoodbye) this.wire.close()
    else
      await this.wire
        .ask('RSET\r\n')
        .then((reply) => isPositive(reply) || this.wire.close())
        .catch(() => undefined)
    return outcome
  }
}

const isPositive = ({ code }: Reply) => code >= 200 && code < 300
const accepted = ({ text }: Reply): Outcome => ({ kind: 'accepted', command: 'DATA', answer: text })
const bounced = (command: string, answer: string): Outcome => ({ kind: 'bounced', command, answer })
const notHanded = (answer: string): Outcome => ({ kind: 'not_handed', answer })

/** A reply to a command of a message whose recipient is named. */
function refused(command: string, { code, text }: Reply): Outcome {
  return { kind: code >= 500 ? 'bounced' : 'deferred', command, answer: text }
}

function refusedSender({ code, text }: Reply): Outcome {
  if (code === 421) return notHanded(text)
  if (code < 500) return { kind: 'deferred', command: 'MAIL FROM', answer: text }
  return isAboutMessage(text) ? bounced('MAIL FROM', text) : { kind: 'sender_refused', answer: text }
}

/** A 5xx to MAIL FROM that another message would not get: too big, or an address that needs SMTPUTF8. */
const isAboutMessage = (answer: string) => /^552|\b5\.6\.7\b|\b5\.3\.4\b/.test(answer) || /^553 .*6\.7/.test(answer)

/** MAIL FROM, or why this message can't be sent over this connection, whatever the server thinks of it. */
function mailCommand({ from, to }: Envelope, size: number, offers: Offers): string | Outcome {
  const sender = asciiDomain(from)
  const isWide = /[\u0080-\uffff]/.test(sender + asciiDomain(to))
  if (/[\s<>\p{Cc}]/u.test(from + to)) return bounced('API', 'this address cannot stand in a command')
  if (isWide && !offers.smtpUtf8)
    return bounced('API', 'needs SMTPUTF8: the mail server takes no addresses with letters outside ASCII')
  if (offers.size && size > offers.size)
    return bounced('MAIL FROM', `the message has ${size} bytes and the mail server takes ${offers.size}`)
  return `MAIL FROM:<${sender}>${isWide ? ' SMTPUTF8' : ''}${offers.size === null ? '' : ` SIZE=${size}`}\r\n`
}

/** The domain as A-labels (MF-8); the part before the @ is never touched (MF-9). */
function asciiDomain(address: string): string {
  if (/^[ -~]*$/.test(address)) return address
  const at = address.lastIndexOf('@')
  return `${address.slice(0, at + 1)}${domainToASCII(address.slice(at + 1)) || address.slice(at + 1)}`
}

const DOT = Buffer.from('.')
const END = Buffer.from('.\r\n')
const BREAK_AND_END = Buffer.from('\r\n.\r\n')

/** The message as it goes over the wire, its end included: lines that begin with a dot get another (RFC 5321 §4.5.2). */
function withStuffedDots(raw: Buffer): Buffer {
  const pieces: Buffer[] = raw[0] === 0x2e ? [DOT] : []
  let from = 0
  for (let at = raw.indexOf('\r\n.'); at >= 0; at = raw.indexOf('\r\n.', at + 2)) {
    pieces.push(raw.subarray(from, at + 2), DOT)
    from = at + 2
  }
  return Buffer.concat([...pieces, raw.subarray(from), raw.subarray(-2).equals(CRLF) ? END : BREAK_AND_END])
}
const CRLF = Buffer.from('\r\n')
