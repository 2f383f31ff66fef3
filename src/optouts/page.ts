import { fill, fillText, type Html, html } from './html.ts'
import type { PageSender } from './sender.ts'
import { LANGUAGES, type Language, type Words, wordsOf } from './words.ts'

/** What every public page is drawn with. */
export type Frame = {
  language: Language
  /** Null when nothing is known about it: an incomplete link, or a database that does not answer. */
  sender: PageSender | null
  /** Path before the public paths, empty when BASE_URL is a whole host. */
  prefix: string
  styleUrl: string
  /** True for the answer to a form: the heading takes the focus, so that it is read out (UX-6). */
  isAnswer: boolean
  /** False for an answer that its address does not show again. */
  hasLanguageLinks: boolean
}

/** GET of an opt-out link: the masked address and one button (INV-28). Null for an address that is no longer known. */
export function optOutPage(frame: Frame, address: string | null): string {
  const words = wordsOf(frame.language)
  return page(frame, titled(words.optOutTitle, frame), [
    html`<h1>${sentence(words.optOutHeading, frame)}</h1>
<p>${address === null ? words.optOutTextUnknown : sentence(words.optOutText, frame, { address: marked(address) })}</p>
${button(words.optOut)}${coverage(frame)}
<p class="soft">${words.optOutNotYours}</p>`,
  ])
}

export type Done = {
  address: string | null
  since: Date
  /** Ways back and on, of the holder of the link; null for an address that somebody typed. */
  ways: { signUp: string; preferences: string } | null
  /** What stands above and below on a page that has more to say. */
  above?: Html | null
  below?: Html | null
}

/** What exactly happened, since when, and that nothing else is to do (UX-12). */
export function donePage(frame: Frame, { address, since, ways, above, below }: Done): string {
  const words = wordsOf(frame.language)
  const who = address === null ? words.thisAddress : marked(address)
  const back = ways && {
    signUp: html`<a href="${ways.signUp}">${words.signUpAgain}</a>`,
    preferences: html`<a href="${ways.preferences}">${words.yourPreferences}</a>`,
  }
  return page(frame, titled(words.doneTitle, frame), [
    above ?? null,
    html`<p class="mark" role="status">${fill(words.doneSince, { time: inFull(frame, words, since) })}</p>
<h1 tabindex="-1" autofocus>${words.doneHeading}</h1>
<p>${sentence(frame.sender ? words.doneText : words.doneTextUnknownSender, frame, { address: who })}</p>${coverage(frame)}`,
    back &&
      html`
<hr>
<h2>${words.mistake}</h2>
<p>${fill(words.wayBack, back)}</p>`,
    below ?? null,
  ])
}

/** The opt-out could not be written down; the button tries again (INV-10). */
export function notRecordedPage(frame: Frame): string {
  const words = wordsOf(frame.language)
  const contact = contactOf(frame)
  return page(frame, words.notRecordedHeading, [
    html`${heading(frame, words.notRecordedHeading)}
<p>${contact ? fill(words.notRecordedText, { contact }) : words.notRecordedTextNoContact}</p>
${button(words.optOut)}`,
  ])
}

/** The way out without a link: type the address (OC-17). */
export function brokenPage(frame: Frame, { typed = '', isWrong = false } = {}): string {
  const words = wordsOf(frame.language)
  const error = isWrong ? html`<span class="error" id="address-error">${words.addressProblem}</span>` : null
  const wrong = html` aria-invalid="true" aria-describedby="address-error" autofocus`
  return page(frame, words.brokenHeading, [
    html`${heading({ ...frame, isAnswer: frame.isAnswer && !isWrong }, words.brokenHeading)}
<p>${words.brokenText}</p>
<form method="post" action="${frame.prefix}/o?lang=${frame.language}" novalidate>
<p class="field"><label for="address">${words.emailAddress}</label><input id="address" name="address" type="email" autocomplete="email" inputmode="email" dir="ltr" required value="${typed}"${isWrong ? wrong : null}>${error}</p>
<button type="submit">${words.optOut}</button>
</form>`,
  ])
}

/** A page of a heading and a sentence, for what cannot be done. */
export function plainPage(frame: Frame, title: keyof Words, text: keyof Words): string {
  const words = wordsOf(frame.language)
  return page(frame, words[title], [html`${heading(frame, words[title])}\n<p>${words[text]}</p>`])
}

export function page(frame: Frame, title: string, body: (Html | null)[]): string {
  const { sender, language } = frame
  const words = wordsOf(language)
  const direction = LANGUAGES.find(({ code }) => code === language)?.direction === 'rtl' ? html` dir="rtl"` : null
  const contact = contactOf(frame)
  return html`<!doctype html>
<html lang="${language}"${direction}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="stylesheet" href="${frame.styleUrl}">
</head>
<body>
<main>
${sender && html`<p class="sender">${inItsLanguage(frame, sender.name)}</p>\n`}${body}
</main>
<footer class="below">
${frame.hasLanguageLinks ? languageLinks(language, words) : null}${
  sender?.postalAddress ? html`<p>${inItsLanguage(frame, sender.postalAddress)}</p>\n` : null
}${contact && html`<p>${fill(words.questions, { contact })}</p>\n`}</footer>
</body>
</html>
`.markup
}

function languageLinks(current: Language, words: Words): Html {
  const items = LANGUAGES.map(({ code, name }) =>
    code === current
      ? html`<li><span lang="${code}">${name}</span></li>`
      : html`<li><a href="?lang=${code}" lang="${code}" hreflang="${code}">${name}</a></li>`,
  )
  return html`<nav aria-label="${words.language}"><ul class="languages">${items}</ul></nav>\n`
}

const button = (name: string) => html`<form method="post"><button type="submit">${name}</button></form>`
export const marked = (address: string) => html`<span class="address">${address}</span>`

export const heading = ({ isAnswer }: Frame, text: Html | string) =>
  html`<h1${isAnswer ? html` tabindex="-1" autofocus` : null}>${text}</h1>`

export const titled = (sentence: string, frame: Frame) =>
  fillText(sentence, { sender: frame.sender?.name ?? wordsOf(frame.language).anySender })

export function sentence(text: string, frame: Frame, values: Record<string, Html | string> = {}): Html {
  const sender = frame.sender ? inItsLanguage(frame, frame.sender.name) : wordsOf(frame.language).anySender
  return fill(text, { sender, ...values })
}

/** Marks words of the sender's language on a page in another one (WCAG 3.1.2), and keeps their direction. */
export function inItsLanguage({ sender, language }: Frame, text: string): Html | string {
  return sender && sender.language !== language ? html`<bdi lang="${sender.language}">${text}</bdi>` : text
}

function contactOf({ sender }: Frame): Html | null {
  if (!sender?.contactUrl) return null
  const text = sender.contactUrl.replace(/^mailto:|^https:\/\/|\/$/g, '').replace(/\?.*$/, '')
  return html`<a href="${sender.contactUrl}" dir="ltr">${text}</a>`
}

/** Says that an opt-out covers all accounts of the organization, where it does. */
export function coverage({ language, sender }: Frame): Html | null {
  if (!sender?.organization) return null
  const organization = html`<bdi lang="${sender.language}">${sender.organization}</bdi>`
  return html`\n<p class="soft">${fill(wordsOf(language).wholeOrganization, { organization })}</p>`
}

export const localeOf = (language: Language) => LANGUAGES.find(({ code }) => code === language)?.locale ?? 'en-GB'

export function inFull({ language, sender }: Pick<Frame, 'language' | 'sender'>, words: Words, time: Date): string {
  const locale = localeOf(language)
  const timeZone = sender?.timeZone ?? 'UTC'
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone }).format(time)
  const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', timeZoneName: 'short', timeZone })
  return fillText(words.timeInFull, { date, clock: clock.format(time) })
}
