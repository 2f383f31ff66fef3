import { z } from 'zod'
import type { FieldValue, FieldValues } from '../audience/field.contract.ts'
import { maskAddress } from '../optouts/address.ts'
import { type OptOutLink, optOutUrl, preferencesUrl } from '../optouts/link.ts'
import { cleanLine, cleanText, fromQuotedPrintable, quotedPrintable, textHeader, wireAddress } from './encode.ts'
import { type Piece, pieceFiller, type Scope, type TemplateKind } from './template.ts'
import { missingIn } from './wayout.ts'

declare const rendered: unique symbol

/** A message for one recipient, ready for the wire: only fillMessage makes one. */
export type RenderedMessage = {
  /** CRLF line ends; ASCII unless the recipient's local part is not (then it needs SMTPUTF8). */
  readonly raw: Buffer
  readonly to: string
  readonly from: string
  readonly subject: string
  readonly [rendered]: true
}

const piece = z.union([
  z.string(),
  z.strictObject({ path: z.array(z.string()), filters: z.array(z.tuple([z.string()], z.string())) }),
  z.strictObject({ liquid: z.string() }),
])
const prepared = z.strictObject({
  /** 1 knew no tracking. */
  version: z.union([z.literal(1), z.literal(2)]),
  baseUrl: z.string(),
  from: z.string(),
  /** Domain of Message-IDs. */
  domain: z.string(),
  boundary: z.string(),
  /** Header lines that are the same for every recipient: before and after those that differ. */
  headers: z.string(),
  sender: z.strictObject({ name: z.string(), postal_address: z.string() }),
  subject: z.array(piece),
  /** Quoted-printable around their merge points. */
  text: z.array(piece),
  html: z.array(piece),
  /** The HTML part for recipients who may be tracked; null when the mailing is not. */
  tracked: z.array(piece).nullable().default(null),
  /** Where the tracked links lead, by their number from 1. */
  links: z.array(z.string()).default([]),
  /** What its Liquid or its styles make of one recipient can hide the way out: each message is looked at (OC-28). */
  recheck: z.boolean(),
})

/** A mailing compiled once and filled for each recipient (D8); plain JSON, kept in mailings.compiled. */
export type PreparedMailing = z.infer<typeof prepared>

/** Takes stored JSON as a prepared mailing. Keep the object: what filling needs is worked out once for each. */
export function readPrepared(json: unknown): PreparedMailing {
  return prepared.parse(json)
}

export type Recipient = {
  address: string
  fields: FieldValues
  link: OptOutLink
  /** Address that opts out whoever writes to it, when mail for it is taken in (OC-20). */
  mailto?: string
  /** Opaque, of letters, figures, dot, dash, underscore and plus (MF-11). */
  reference: string
  /** Of tracked links and the open image; without one neither is in the message. */
  responseToken?: string
}

/**
 * The message of `prepared` for one recipient, with Date `at`.
 *
 * No value of a contact changes its structure (MF-16). Throws Error when it cannot be rendered or, for mailings with
 * Liquid tags, when this recipient's message has no visible way out.
 */
export function fillMessage(mailing: PreparedMailing, recipient: Recipient, at: Date): RenderedMessage {
  const ready = readyFor(mailing)
  const { link, reference, mailto } = recipient
  if (!/^[A-Za-z0-9._+-]{1,100}$/.test(reference)) throw new Error('this is not a message reference')
  const to = wireAddress(recipient.address)
  const scope = scopeOf(mailing, recipient)
  const subject = cleanLine(ready.subject(scope))
  const text = ready.text(scope)
  const html = (recipient.responseToken !== undefined && ready.tracked ? ready.tracked : ready.html)(scope)
  if (mailing.recheck) refuseWithoutWayOut(mailing, scope, html, text)
  const source = `Date: ${at.toUTCString().replace('GMT', '+0000')}\r
To: ${to}\r
${ready.fixedSubject ?? textHeader('Subject', subject)}Message-ID: <${reference}@${mailing.domain}>\r
List-Unsubscribe: <${optOutUrl(mailing.baseUrl, link)}>${mailto ? `, <mailto:${mailto}>` : ''}\r
X-Msg-Ref: ${reference}\r
${mailing.headers}\r
--${mailing.boundary}\r
Content-Type: text/plain; charset=utf-8\r
Content-Transfer-Encoding: quoted-printable\r
\r
${text}\r
--${mailing.boundary}\r
Content-Type: text/html; charset=utf-8\r
Content-Transfer-Encoding: quoted-printable\r
\r
${html}\r
--${mailing.boundary}--\r
`
  return rendering({ raw: Buffer.from(source, 'utf8'), to, from: mailing.from, subject })
}

/** The address and the URLs that merge points stand for. */
export function scopeOf(mailing: PreparedMailing, { address, fields, link, responseToken }: Recipient): Scope {
  const contact: Scope['contact'] = {}
  for (const name in fields) contact[name] = mergeable(fields[name])
  contact.address = cleanText(address)
  return {
    contact,
    opt_out_url: optOutUrl(mailing.baseUrl, link),
    preferences_url: preferencesUrl(mailing.baseUrl, link),
    view_url: `${mailing.baseUrl}/v/${link.token}`,
    masked_address: maskAddress(address),
    sender: mailing.sender,
    ...(responseToken === undefined ? {} : { response_token: responseToken }),
  }
}

function mergeable(value: FieldValue | undefined): string | number | boolean {
  if (typeof value === 'number' || typeof value === 'boolean') return value
  return cleanText(Array.isArray(value) ? value.join(', ') : (value ?? ''))
}

/** The largest body that one recipient's values may make of a part. */
const MOST = 5_000_000

type Ready = {
  subject: (scope: Scope) => string
  /** The whole header line, when no merge point is in it. */
  fixedSubject: string | null
  text: (scope: Scope) => string
  html: (scope: Scope) => string
  tracked: ((scope: Scope) => string) | null
}
const known = new WeakMap<PreparedMailing, Ready>()

function readyFor(mailing: PreparedMailing): Ready {
  const before = known.get(mailing)
  if (before) return before
  const { subject, text, html, tracked } = mailing
  const isFixed = subject.every((piece) => typeof piece === 'string')
  const ready: Ready = {
    subject: filler('text', subject, (value) => value),
    fixedSubject: isFixed ? textHeader('Subject', subject.join('')) : null,
    text: filler('text', text, inBody),
    html: filler('html', html, inBody),
    tracked: tracked && filler('html', tracked, inBody),
  }
  known.set(mailing, ready)
  return ready
}

function filler(kind: TemplateKind, pieces: Piece[], encode: (value: string) => string): (scope: Scope) => string {
  const steps = pieces.map((piece) => (typeof piece === 'string' ? piece : pieceFiller(kind, piece)))
  return (scope) => {
    let filled = ''
    for (const step of steps) filled += typeof step === 'string' ? step : encode(step(scope))
    if (filled.length > MOST) throw new Error('the message becomes too large')
    return filled
  }
}

/** A value between two pieces that are encoded already: it begins at the start of a line and ends its line softly. */
function inBody(value: string): string {
  const encoded = quotedPrintable(value)
  return encoded === '' || encoded.endsWith('\n') ? encoded : `${encoded}=\r\n`
}

function refuseWithoutWayOut(mailing: PreparedMailing, scope: Scope, html: string, text: string) {
  const parts = { html: fromQuotedPrintable(html), text: fromQuotedPrintable(text) }
  const urls = { optOutUrl: scope.opt_out_url, preferencesUrl: scope.preferences_url }
  if (missingIn(parts, urls, mailing.sender.postal_address).length > 0)
    throw new Error('for this recipient the message has no visible way out')
}

const rendering = (message: Omit<RenderedMessage, typeof rendered>) => message as RenderedMessage
