import { createHash, randomBytes } from 'node:crypto'
import { isAddress, readAddress } from '../optouts/address.ts'
import { DomainError } from '../platform/errors.ts'
import { cleanLine, displayName, wireAddress } from './encode.ts'
import { encodePieces } from './encode-pieces.ts'
import type { MailingErrorCode } from './errors.ts'
import type { PreparedMailing } from './fill.ts'
import { completeParts, type Parts } from './parts.ts'
import { readTemplate } from './template.ts'
import { trackHtml } from './track.ts'

/** What a mailing says; empty sender parts come from the account. */
export type MailingSource = {
  mailingId: string
  subject: string
  fromName: string
  fromAddress: string
  html: string
  text: string
  /** Opens and clicks; absent or null: as the account. */
  tracking?: boolean | null
}

/** What a mailing takes from its account. */
export type SendingAccount = {
  accountId: string
  name: string
  senderName: string
  senderAddress: string
  postalAddress: string
  contactUrl: string
  language: string
  tracking?: boolean
}

/**
 * Compiles a mailing: structure, headers, encodings and merge points are worked out once (D8).
 *
 * @param baseUrl of this program; every link begins with it
 * @param links tracked links that have their numbers already: those of other variants
 * @throws DomainError mailing.invalid for an unusable sender or template
 */
export function compileMailing(
  source: MailingSource,
  account: SendingAccount,
  baseUrl: string,
  links: readonly string[] = [],
): PreparedMailing {
  const from = senderAddress(source, account)
  const parts = partsOf(source, account, baseUrl)
  const boundary = `=_lw_${randomBytes(12).toString('hex')}` // never in quoted-printable: "=" is always followed by hex (MF-6)
  const tracked = (source.tracking ?? account.tracking ?? false) ? trackHtml(parts.html, baseUrl, links) : null
  return {
    version: 2,
    baseUrl,
    from,
    domain: from.slice(from.lastIndexOf('@') + 1),
    boundary,
    headers: headersOf(source, account, from, new URL(baseUrl).hostname, boundary),
    sender: { name: senderName(source, account), postal_address: account.postalAddress },
    subject: readTemplate('text', cleanLine(source.subject).trim(), 'Subject'),
    text: encodePieces(
      readTemplate('text', parts.text, source.text.trim() === '' ? 'Text part, made from the HTML' : 'Text part'),
    ),
    html: encodePieces(readTemplate('html', parts.html, 'HTML part')),
    tracked: tracked?.html ?? null,
    links: tracked?.links ?? [...links],
    recheck: mayHideWayOut(parts.html) || /\{%/.test(parts.text),
  }
}

/** The parts of a mailing as templates, footer included. */
export function partsOf(source: Pick<MailingSource, 'html' | 'text'>, account: SendingAccount, baseUrl: string): Parts {
  return completeParts(source, {
    language: account.language,
    postalAddress: account.postalAddress,
    signUpUrl: `${baseUrl}/s/${account.accountId}`,
  })
}

export const senderName = (source: MailingSource, account: SendingAccount) =>
  cleanLine(source.fromName || account.senderName || account.name).trim()

function senderAddress(source: MailingSource, account: SendingAccount): string {
  const read = readAddress(source.fromAddress || account.senderAddress)
  if (!isAddress(read))
    throw new DomainError<MailingErrorCode>('mailing.invalid', `The sender's address cannot be used. ${read.problem}`)
  return wireAddress(read.address)
}

/** Header lines that are the same for every recipient, none of them taken from what people write as headers (OC-27). */
function headersOf(
  source: MailingSource,
  account: SendingAccount,
  from: string,
  host: string,
  boundary: string,
): string {
  const name = displayName(senderName(source, account), 'From: '.length)
  const listName = displayName(Array.from(account.name).slice(0, 60).join(''), 'List-Id: '.length)
  const senderId = `lw${createHash('sha256').update(host).digest('hex').slice(0, 10)}`
  const help = contactUrl(account.contactUrl)
  return [
    `From: ${name === '' ? from : `${name}${name.length + from.length > 66 ? '\r\n' : ''} <${from}>`}`,
    'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
    `List-Id: ${listName}${listName.length > 40 ? '\r\n' : ''} <${account.accountId}.list.${host}>`,
    ...(help ? [`List-Help: <${help}>`] : []),
    'List-Post: NO',
    'Precedence: bulk',
    'X-Auto-Response-Suppress: OOF, AutoReply',
    `Feedback-ID: m${source.mailingId}:a${account.accountId}:mailing:${senderId}`,
    'MIME-Version: 1.0',
    `Content-Type: multipart/alternative;\r\n boundary="${boundary}"`,
    '',
  ].join('\r\n')
}

function contactUrl(text: string): string | null {
  if (text === '' || !URL.canParse(text)) return null
  const url = new URL(text)
  return ['https:', 'mailto:'].includes(url.protocol) && /^[!-;=?-~]{1,500}$/.test(url.href) ? url.href : null
}

/** True for Liquid tags and for merge points in a place where their value could change how the rest is shown. */
function mayHideWayOut(html: string): boolean {
  if (html.includes('{%') || hasMergePointIn(html, '<style', '</style') || hasMergePointIn(html, '<!--', '-->'))
    return true
  const harmless = html.replace(/\s(href|src|alt|title)\s*=\s*("[^"]*"|'[^']*')/gi, '')
  let isInTag = false
  for (const [mark] of harmless.matchAll(/<|>|\{\{/g)) {
    if (mark === '{{' && isInTag) return true
    if (mark !== '{{') isInTag = mark === '<'
  }
  return false
}

function hasMergePointIn(html: string, open: string, close: string): boolean {
  const lower = html.toLowerCase()
  for (let begin = lower.indexOf(open); begin >= 0; ) {
    const end = lower.indexOf(close, begin + open.length)
    if (lower.slice(begin, end < 0 ? undefined : end).includes('{{')) return true
    if (end < 0) return false
    begin = lower.indexOf(open, end)
  }
  return false
}
