import { fill, fillText, type Html, html } from '../optouts/html.ts'
import { type Frame, heading, inFull, marked, page, sentence, titled } from '../optouts/page.ts'
import { wordsOf } from '../optouts/words.ts'
import type { ShownForm } from './form-shown.ts'
import { type FormState, formParts, inLanguage } from './sign-up-form.ts'
import type { FoundSignUp } from './sign-up-found.ts'
import { listedTopics, signUpWords } from './sign-up-words.ts'

/** The form, empty or as it was filled in. */
export function signUpPage(frame: Frame, form: ShownForm, state: FormState): string {
  const words = signUpWords(frame.language)
  const title = form.texts ? inLanguage(frame, form, form.texts.heading) : sentence(words.heading, frame)
  const intro = form.texts?.intro ? html`<p class="text">${inLanguage(frame, form, form.texts.intro)}</p>\n` : null
  const note =
    state.faults.size > 0
      ? html`<p class="error" role="alert">${words.needsChange}</p>\n`
      : state.isOnceMore
        ? html`<p role="status"><strong>${words.onceMore}</strong></p>\n`
        : null
  return page(frame, titled(words.title, frame), [
    html`<h1>${title}</h1>
${intro}${note}<form method="post" action="${frame.prefix}/s/${form.path}?lang=${frame.language}" novalidate>
<input type="hidden" name="at" value="${state.stamp}">
${formParts(frame, form, state)}
<button type="submit">${words.signUp}</button>
</form>
<p class="soft">${words.below}</p>`,
  ])
}

/** The answer to every sign-up, whoever the address belongs to (AB-6). */
export function askedPage(frame: Frame): string {
  const words = signUpWords(frame.language)
  return page({ ...frame, hasLanguageLinks: false }, words.askedHeading, [
    html`${heading(frame, words.askedHeading)}
<p>${words.askedText}</p>
<p class="soft">${words.askedBelow}</p>`,
  ])
}

/** Behind the mailed link: one button. */
export function confirmPage(frame: Frame, signUp: FoundSignUp, address: string): string {
  const words = signUpWords(frame.language)
  const optOut = signUp.optedOutAt && timed(frame, words.endsOptOut, signUp.optedOutAt)
  return page(frame, titled(words.confirmTitle, frame), [
    html`<h1>${words.confirmHeading}</h1>
<p>${about(frame, signUp, address, signUp.topics.length > 0 ? words.confirmTopics : words.confirmText)}</p>
${optOut && html`<p>${optOut}</p>\n`}<form method="post"><button type="submit">${words.confirm}</button></form>
<p class="soft">${words.notYou}</p>`,
  ])
}

/** After the button; also when the link is opened again. */
export function confirmedPage(frame: Frame, form: ShownForm, signUp: FoundSignUp, address: string): string {
  const words = signUpWords(frame.language)
  const text = about(frame, signUp, address, signUp.topics.length > 0 ? words.doneTopics : words.doneText)
  const site = form.returnUrl && URL.canParse(form.returnUrl) ? new URL(form.returnUrl).host : null
  return page(frame, titled(words.doneTitle, frame), [
    html`${heading(frame, words.doneHeading)}
<p>${text}</p>`,
    form.thanks ? html`\n<p class="text">${inLanguage(frame, form, form.thanks)}</p>` : null,
    site === null ? null : html`\n<p><a href="${form.returnUrl}">${fillText(words.back, { site })}</a></p>`,
  ])
}

/** For a link that ran out, or that was used before its address opted out again. */
export function endedPage(frame: Frame, signUpUrl: string, usedAt: Date | null): string {
  const words = signUpWords(frame.language)
  const signUp = html`<a href="${signUpUrl}">${words.signUpAgain}</a>`
  return page(frame, words.endedHeading, [
    html`${heading(frame, words.endedHeading)}
<p>${usedAt ? fill(words.usedText, { signUp, time: inFull(frame, wordsOf(frame.language), usedAt) }) : fill(words.endedText, { signUp })}</p>`,
  ])
}

/** For an address whose whole domain is opted out. */
export function domainPage(frame: Frame): string {
  const words = signUpWords(frame.language)
  return page(frame, words.domainHeading, [
    html`${heading(frame, words.domainHeading)}\n<p>${sentence(words.domainText, frame)}</p>`,
  ])
}

/** When the database does not answer. */
export function signUpFailedPage(frame: Frame): string {
  const words = signUpWords(frame.language)
  return page(frame, words.failedHeading, [html`${heading(frame, words.failedHeading)}\n<p>${words.failedText}</p>`])
}

function about(frame: Frame, signUp: FoundSignUp, address: string, text: string): Html {
  const topics = html`<bdi>${listedTopics(frame.language, signUp.topics)}</bdi>`
  return sentence(text, frame, { address: marked(address), topics })
}

const timed = (frame: Frame, text: string, at: Date) =>
  fillText(text, { time: inFull(frame, wordsOf(frame.language), at) })
