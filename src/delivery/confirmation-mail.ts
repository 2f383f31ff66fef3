import { confirmUrl, remakeToken } from '../audience/sign-up-token.ts'
import { listedTopics, signUpWords } from '../audience/sign-up-words.ts'
import { cleanLine, cleanText, displayName, quotedPrintable, textHeader, wireAddress } from '../mailings/encode.ts'
import { fill, fillText, html } from '../optouts/html.ts'
import { inFull } from '../optouts/page.ts'
import { findSender, type PageSender } from '../optouts/sender.ts'
import { LANGUAGES, wordsOf } from '../optouts/words.ts'
import type { Core } from '../platform/core.ts'
import type { ClaimedConfirmation } from './confirmation-queue.ts'
import { openSigner, type Signer } from './dkim.ts'
import type { Envelope } from './smtp.ts'

export type ReadyConfirmation = { envelope: Envelope; raw: Buffer; subject: string; messageId: string }

/** This mail cannot be made as things are; the words say why. */
export class NotMade extends Error {}

/** Makes a claimed confirmation mail ready to leave. @throws NotMade */
export type MakeConfirmation = (mail: ClaimedConfirmation) => Promise<ReadyConfirmation>

/**
 * Gives the function that writes confirmation mails, and signs them when DKIM is set.
 *
 * Who asked, from where and when, one link, and nothing that advertises anything (AB-5). They carry no way out, because
 * nothing follows them by itself; Auto-Submitted keeps programs from answering (MF-13).
 *
 * @throws Error when the DKIM key cannot be used
 */
export function openConfirmations(core: Core): MakeConfirmation {
  const { db, keys, config, clock } = core
  const signer: Signer | null = config.dkim ? openSigner(config.dkim) : null
  return async (mail) => {
    if (mail.senderAddress === '') throw new NotMade('The account has no sender address.')
    const token = remakeToken(keys.link, mail.accountId, mail.salt, mail.tokenHash)
    if (!token) throw new NotMade('The key that made this link is gone.')
    const sender = await findSender(db, mail.accountId)
    if (!sender) throw new NotMade('The account is gone.')
    const path = mail.code === '' ? mail.accountId : `${mail.accountId}-${mail.code}`
    const made = written(mail, sender, `${config.baseUrl}/s/${path}`, confirmUrl(config.baseUrl, path, token), clock())
    return signer ? { ...made, raw: await signer(made.raw, clock()) } : made
  }
}

function written(...parts: Parameters<typeof write>): ReadyConfirmation {
  try {
    return write(...parts)
  } catch (error) {
    throw new NotMade('It could not be written.', { cause: error })
  }
}

function write(mail: ClaimedConfirmation, sender: PageSender, page: string, url: string, at: Date): ReadyConfirmation {
  const from = wireAddress(mail.senderAddress)
  const to = wireAddress(mail.address)
  const name = displayName(mail.senderName, 'From: '.length)
  const subject = cleanLine(fillText(signUpWords(mail.language).mailSubject, { sender: sender.name }))
  const domain = from.slice(from.lastIndexOf('@') + 1)
  const messageId = `<confirm.${mail.accountId}.${mail.signUpId}.${mail.salt.toString('hex').slice(0, 16)}@${domain}>`
  const boundary = `=_confirm_${mail.salt.toString('hex')}`
  const lines = linesOf(mail, sender, page)
  const source = `From: ${name === '' ? from : `${name} <${from}>`}\r
To: ${to}\r
${textHeader('Subject', subject)}Date: ${at.toUTCString().replace('GMT', '+0000')}\r
Message-ID: ${messageId}\r
Auto-Submitted: auto-generated\r
Content-Language: ${mail.language}\r
MIME-Version: 1.0\r
Content-Type: multipart/alternative; boundary="${boundary}"\r
\r
--${boundary}\r
Content-Type: text/plain; charset=utf-8\r
Content-Transfer-Encoding: quoted-printable\r
\r
${quotedPrintable(textOf(lines, url))}\r
--${boundary}\r
Content-Type: text/html; charset=utf-8\r
Content-Transfer-Encoding: quoted-printable\r
\r
${quotedPrintable(htmlOf(mail, lines, url))}\r
--${boundary}--\r
`
  return { envelope: { from, to }, raw: Buffer.from(source, 'utf8'), subject, messageId }
}

type Lines = { before: string[]; press: string; after: string[]; button: string; sender: string }

function linesOf(mail: ClaimedConfirmation, sender: PageSender, page: string): Lines {
  const words = signUpWords(mail.language)
  const time = (at: Date) => inFull({ language: mail.language, sender }, wordsOf(mail.language), at)
  const topics = listedTopics(mail.language, mail.topics)
  const asked = fillText(words.mailAsked, { page, time: time(mail.askedAt), ip: mail.ip })
  return {
    before: [asked, ...(mail.optedOutAt ? [fillText(words.endsOptOut, { time: time(mail.optedOutAt) })] : [])],
    press: fillText(mail.topics.length > 0 ? words.mailPressTopics : words.mailPress, { topics, sender: sender.name }),
    after: [words.mailWorks, words.mailNotYou],
    button: words.confirmHeading,
    sender: [sender.name, sender.postalAddress].filter((part) => part !== '').join(', '),
  }
}

const textOf = ({ before, press, after, sender }: Lines, url: string) =>
  cleanText([...before, `${press}\n${url}`, after.join(' '), sender].join('\n\n'))

function htmlOf(
  { language }: ClaimedConfirmation,
  { before, press, after, button, sender }: Lines,
  url: string,
): string {
  const direction = LANGUAGES.find(({ code }) => code === language)?.direction ?? 'ltr'
  return cleanText(
    html`<!doctype html>
<html lang="${language}" dir="${direction}"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"></head>
<body style="font:16px/1.5 sans-serif;max-width:34em">
${before.map((line) => html`<p>${line}</p>\n`)}<p>${press}</p>
<p>${fill('{link}', { link: html`<a href="${url}" style="display:inline-block;padding:8px 0;font-weight:bold">${button}</a>` })}</p>
<p>${after.join(' ')}</p>
<p>${sender}</p>
</body></html>
`.markup,
  )
}
