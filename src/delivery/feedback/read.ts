import { isAutoReply, isReport } from './auto-reply.ts'
import { classify, saysFull } from './classify.ts'
import { commandIn, quotedIn, replyIn, statusIn } from './codes.ts'
import { readStatusFields, type StatusFields } from './delivery-status.ts'
import { readFeedbackReport } from './feedback-report.ts'
import { type Header, headerOf, type Mail, type Part, readMail, splitHeaders } from './mime.ts'
import type { ProviderEvent } from './provider.ts'
import type { ReturnedMail, ReturnedRecipient } from './returned.ts'
import { readSesMail } from './ses.ts'
import { addressesIn, addressIn, splitNotice, textOfHtml } from './text.ts'
import { failedIn } from './text-report.ts'

const NOTHING = { recipients: [], references: [], optOutTokens: [] }

/**
 * What a mail that came back says about whom. Pure, bounded, never throws (BN-15); it decides nothing about contacts:
 * whose message it is about is a matter of its signed reference alone (BN-5).
 */
export function readReturn(raw: Buffer): ReturnedMail {
  const mail = readMail(raw)
  const sections = sectionsOf(mail)
  const marks = marksIn(sections.returned)
  const feedback = mail.parts.find(({ type }) => type === 'message/feedback-report')
  if (feedback) return complaint(feedback, sections, marks)
  const statuses = sections.statuses.flatMap((part) => readStatusFields(part))
  if (statuses.length > 0) return ofStatuses(statuses, sections, marks)
  if (isReport(mail)) return { kind: 'report', ...NOTHING }
  const events = /^\s*\{[^]{0,2000}"(?:notificationType|eventType)\\?"/.test(sections.notice)
    ? readSesMail(mail.parts[0]?.text ?? '')
    : []
  if (events.length > 0) return ofProvider(events)
  const looksReturned = isNotice(mail, sections)
  if (!looksReturned) {
    if (!isAutoReply(mail)) return { kind: isOptOut(mail) ? 'opt_out' : 'other', ...NOTHING }
    const address = addressIn(headerOf(mail.headers, 'from'))
    return { kind: 'auto_reply', ...NOTHING, recipients: address ? [ignored(address, 'auto_reply')] : [] }
  }
  return ofText(mail, sections, marks)
}

/** A mail to an opt-out address, by its form; only receiving it checks whether its token is ours. */
const isOptOut = ({ headers }: Mail) => /(?:^|<|\s)u\+[a-z2-7]{58}@/i.test(headerOf(headers, 'to'))

/** A provider's notification that came as mail, with nothing but our reference to prove it. */
function ofProvider(events: ProviderEvent[]): ReturnedMail {
  const recipients = events.flatMap(({ address, status, reply, words, reason, outcome }) =>
    outcome === 'opt_out' ? [] : { address, status, reply, words: words.slice(0, 1000), reason, outcome },
  )
  const kind = recipients.some(({ outcome }) => outcome === 'complaint') ? 'complaint' : 'bounce'
  return {
    kind,
    recipients,
    references: events
      .map(({ reference }) => reference)
      .filter(Boolean)
      .slice(0, 1),
    optOutTokens: [],
  }
}

type Sections = { notice: string; statuses: string[]; returned: string }
type Marks = Pick<ReturnedMail, 'references' | 'optOutTokens'>

/** The human text, the delivery status and the returned message or its headers, wherever they stand. */
function sectionsOf({ parts }: Mail, isNested = false): Sections {
  const texts = parts.filter((part) => part.type === 'text/plain' && !isReturnedPart(part))
  const html = parts.find((part) => part.type === 'text/html')
  const shown = texts.length > 0 ? texts.map(({ text }) => text).join('\n') : textOfHtml(html?.text ?? '')
  const enclosed = parts.filter(isReturnedPart).map((part) => returnedText(part))
  const { notice, returned } = splitNotice(shown)
  const statuses = parts
    .filter(({ type }) => /^message\/(?:global-)?delivery-status$/.test(type))
    .map(({ text }) => text)
  const nested = enclosed.find((text) => /^content-type:\s*multipart\/report/im.test(text.slice(0, 4000)))
  if (nested && statuses.length === 0 && !isNested) {
    const inside = sectionsOf(readMail(Buffer.from(nested, 'utf8')), true)
    return { ...inside, notice: `${notice}\n${inside.notice}` }
  }
  if (statuses.length === 0 && /^\s*final-recipient\s*[:=]/im.test(notice)) statuses.push(statusInText(notice))
  return { notice, statuses, returned: enclosed.join('\n\n') || returned }
}

const isReturnedPart = ({ type, headers, text }: Part) =>
  /^(?:message\/(?:rfc822|global|global-headers|partial)|text\/rfc822(?:-headers?)?)$/.test(type) ||
  headers.filter(({ name }) => ['from', 'to', 'message-id', 'subject', 'received', 'return-path'].includes(name))
    .length >= 2 ||
  /^(?:[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*){0,20}message-id:[^\n]*\n/i.test(text.slice(0, 8000))

const returnedText = ({ headers, text }: Part) =>
  `${headers
    .filter(({ name }) => !name.startsWith('content-'))
    .map(({ name, value }) => `${name}: ${value}`)
    .join('\n')}\n${text}`.trim()

/** Status fields that somebody put into the text, from the first of them on. */
function statusInText(notice: string): string {
  const lines = notice.split('\n')
  const first = lines.findIndex((line) =>
    /^\s*(?:reporting-mta|final-recipient|original-recipient|action)\s*[:=]/i.test(line),
  )
  return lines
    .slice(Math.max(first, 0))
    .map((line) => line.replace(/^\s+(?=[\w-]+:)/, '').replace(/^([\w-]+)\s*=\s*/, '$1: '))
    .join('\n')
}

function complaint(part: Part, { notice, returned }: Sections, marks: Marks): ReturnedMail {
  const { recipients, outcome, type } = readFeedbackReport(part.text)
  const { headers } = splitHeaders(returned)
  const named =
    recipients.length > 0
      ? recipients
      : [
          addressIn(headerOf(headers, 'to')),
          addressIn(headerOf(headers, 'delivered-to')),
          ...addressesIn(notice).slice(0, 0),
        ]
          .filter(Boolean)
          .slice(0, 1)
  const about = (address: string): ReturnedRecipient => ({
    address,
    status: '',
    reply: '',
    words: type,
    reason: 'feedback',
    outcome,
  })
  return {
    kind: outcome === 'complaint' ? 'complaint' : 'report',
    recipients: named.length > 0 ? named.map(about) : [about('')],
    ...marks,
  }
}

function ofStatuses(statuses: StatusFields[], { notice, returned }: Sections, marks: Marks): ReturnedMail {
  const failures = failedIn(notice, [])
  const recipients = statuses.map((fields) => {
    const own =
      failures.find(({ address }) => [fields.address, fields.original].includes(address))?.words ??
      (statuses.length === 1 ? notice : '')
    return ofStatus(fields, own)
  })
  const to = addressIn(headerOf(splitHeaders(returned).headers, 'to'))
  return {
    kind: 'bounce',
    recipients: recipients.map((recipient) => ({ ...recipient, address: recipient.address || to })),
    ...marks,
  }
}

/** Only `failed` says that something failed; the fields decide before the text around them (BN-3). */
function ofStatus(
  { address, action, status: given, diagnostic, lines }: StatusFields,
  notice: string,
): ReturnedRecipient {
  const status = statusIn(diagnostic) || statusIn(given)
  const words = diagnostic || given.replace(/^[\d.\s]+/, '') || notice
  if (['delivered', 'relayed', 'expanded', 'delayed', 'deliverable'].includes(action) || status.startsWith('2.'))
    return {
      address,
      status,
      reply: '',
      words,
      reason: action === 'delayed' ? 'delayed' : 'delivered',
      outcome: 'ignore',
    }
  const verdict = {
    status: truer(status, given),
    reply: replyIn(diagnostic) || replyIn(notice),
    words,
    command: commandIn(`${lines}\n${notice}`),
  }
  const first = classify(verdict)
  const unclear = first.reason === 'undefined' || first.reason === 'temporary'
  const second = unclear ? classify({ ...verdict, words: quotedIn(notice) || `${words}\n${notice}` }) : first
  const judged =
    second.outcome === 'hard' && saysFull(notice) ? { outcome: 'soft' as const, reason: 'mailbox_full' } : second
  return { address, status: verdict.status, reply: verdict.reply, words: words.slice(0, 1000), ...judged }
}

/** Codes such as 5.0.0 say nothing; another one of the same report may. */
const truer = (status: string, given: string) => (/^[45]\.0\.0$/.test(status) ? statusIn(given) || status : status)

/** Reports that are no delivery status in form (BN-13). */
function ofText(mail: Mail, { notice, returned }: Sections, marks: Marks): ReturnedMail {
  const { headers } = splitHeaders(returned)
  const subject = headerOf(mail.headers, 'subject')
  const others = [
    ...addressesIn(headerOf(mail.headers, 'from')),
    ...addressesIn(headerOf(mail.headers, 'to')),
    ...addressesIn(headerOf(headers, 'from')),
    ...addressesIn(headerOf(headers, 'return-path')),
  ]
  const listed = addressesIn(
    mail.headers
      .filter(({ name }) => name === 'x-failed-recipients' || name === 'x-mailer-daemon-recipients')
      .map(({ value }) => value)
      .join(', '),
  )
  const failures = failedIn(notice, others)
  const isListed = listed.some((address) => notice.includes(address)) || (listed.length > 0 && failures.length === 0)
  const named = isListed
    ? listed.map(
        (address) =>
          failures.find((failed) => failed.address.toLowerCase() === address.toLowerCase()) ?? {
            address,
            words: notice,
          },
      )
    : failures
  const to =
    addressIn(headerOf(headers, 'x-original-to')) ||
    addressIn(headerOf(headers, 'to')) ||
    addressIn(headerOf(headers, 'delivered-to'))
  const all = named.length > 0 ? named : [{ address: to, words: notice }]
  const recipients = all.map(({ address, words }) => {
    const quoted = quotedIn(words)
    const verdict = {
      status: statusIn(quoted || words),
      reply: replyIn(quoted || words),
      command: commandIn(words),
      words: quoted || words,
    }
    const first = classify(verdict)
    const judged =
      first.reason === 'undefined' || first.reason === 'temporary'
        ? classify({ ...verdict, words: `${words}\n${subject}` })
        : first
    const { status, reply } = verdict
    return { address, status, reply, words: (quoted || words).trim().slice(0, 1000), ...judged }
  })
  return { kind: 'bounce', recipients, ...marks }
}

const NOTICE_SENDER =
  /mailer-?daemon|postmaster|post_master|mail ?deliver|delivery (?:sub)?system|mail ?administrator|system ?administrator|mail ?system|poostmaster/i
const NOTICE_SUBJECT =
  /undeliver|returned? mail|mail (?:delivery )?(?:failure|failed|error|system error)|delivery (?:status|failure|failed|notification|report|error|has failed|problem|unsuccessful|incomplete)|failure notice|failed (?:mail|delivery)|could not be delivered|not delivered|permanent (?:delivery )?failure|returning message|unzustellbar|rückläufer|nicht zugestellt|non remis|échec|no entregad|no se ha podido|mancata consegna|não (?:entregue|pôde)|niet bezorgd|не доставлен|недоставлен|не может быть доставлен|配信|配送|送信エラー|退信|系统退信|error sending your mail|mail status|warning: message|message you sent|user unknown/i

/** True for what a mail system wrote about a message that did not arrive. */
function isNotice(mail: Mail, { returned, notice }: Sections): boolean {
  const { headers, parameters } = mail
  if (
    /delivery-status/i.test(parameters.get('report-type') ?? '') ||
    headers.some(({ name }) => name === 'x-failed-recipients')
  )
    return true
  const bySystem =
    NOTICE_SENDER.test(headerOf(headers, 'from')) ||
    (headerOf(headers, 'return-path').trim() === '<>' && NOTICE_SUBJECT.test(headerOf(headers, 'subject')))
  const bySubject = NOTICE_SUBJECT.test(headerOf(headers, 'subject'))
  const byText =
    /^(?:hi\. this is the|this is the mail system|this message was created automatically by mail delivery)/i.test(
      notice.trimStart(),
    ) ||
    statusIn(notice) !== '' ||
    /(?:^|\n)\s*(?:<<< )?5[0-5]\d[ -]/.test(notice)
  if (
    returned !== '' &&
    /could not be delivered to|was not delivered to|unable to deliver/i.test(notice.slice(0, 2000))
  )
    return true
  return (
    (bySystem && (bySubject || byText || returned !== '')) ||
    (bySubject && (returned !== '' || byText)) ||
    (byText && /(?:^|\n)\s*(?:rcpt to|mail from):/i.test(notice))
  )
}

function ignored(address: string, reason: string): ReturnedRecipient {
  return { address, status: '', reply: '', words: '', reason, outcome: 'ignore' }
}

function marksIn(returned: string): Marks {
  const { headers } = splitHeaders(returned.trimStart())
  const valuesOf = (name: string) =>
    headers.filter((header: Header) => header.name === name).map(({ value }) => value.trim())
  const ids = valuesOf('message-id').map((value) => /<?([^<>@\s]{1,200})@/.exec(value)?.[1] ?? '')
  const tokens = valuesOf('list-unsubscribe').flatMap((value) =>
    [...value.matchAll(/\/o\/([\w-]{62})(?![\w-])/g)].map(([, token = '']) => token),
  )
  return {
    references: [...valuesOf('x-msg-ref'), ...ids].filter(Boolean).slice(0, 5),
    optOutTokens: tokens.slice(0, 2),
  }
}
