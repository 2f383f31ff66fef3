import { fill, fillText, type Html, html } from '../optouts/html.ts'
import {
  coverage,
  type Frame,
  heading,
  inItsLanguage,
  localeOf,
  marked,
  page,
  sentence,
  titled,
} from '../optouts/page.ts'
import { LANGUAGES, wordsOf } from '../optouts/words.ts'
import type { DataRequest } from './data-request.contract.ts'
import { PAUSES } from './pause.ts'
import type { Preferences } from './preferences.ts'
import type { EnteredDetails } from './preferences-details.ts'
import { detailsForm } from './preferences-fields.ts'
import { type PreferenceWords, preferenceWords } from './preferences-words.ts'

/** What a page answers to: a choice that is kept, a request that is noted, or details of which some are not possible. */
export type PreferencesAnswer =
  | { saved: true }
  | { asked: DataRequest['kind']; dueOn: string }
  | { wrong: string[]; entered: EnteredDetails }

/**
 * The preferences page. Opting out of everything comes first and is the largest (LW-3), also when nothing else can be
 * offered; nothing of what is known of the person is shown but the masked address (UX-13).
 *
 * @param preferences null when no contact has the address, or when they could not be read
 */
export function preferencesPage(
  frame: Frame,
  address: string | null,
  preferences: Preferences | null,
  answer?: PreferencesAnswer,
): string {
  const common = wordsOf(frame.language)
  const words = preferenceWords(frame.language)
  const who = address === null ? common.thisAddress : marked(address)
  const title = sentence(common.preferencesTitle, frame)
  const wrong = answer && 'wrong' in answer ? answer : undefined
  return page(frame, titled(common.preferencesTitle, frame), [
    answer ? statusOf(frame, words, answer) : null,
    html`${heading({ ...frame, isAnswer: frame.isAnswer && !wrong }, title)}
<p>${fill(common.preferencesFor, { address: who })}</p>
<form method="post"><button type="submit" name="act" value="optout">${common.optOutOfEverything}</button></form>
<p class="soft">${common.optOutOfEverythingText}</p>${coverage(frame)}`,
    preferences && choiceForm(frame, words, preferences),
    preferences && detailsForm(frame, words, preferences.fields, wrong),
    preferences && dataForm(words),
  ])
}

/** What an opted-out person may still ask for (DEC-8), below the page that says they are out. */
export function dataBelow(frame: Frame): Html {
  return dataForm(preferenceWords(frame.language))
}

/** Says that a request of an opted-out person is noted. */
export const askedStatus = (frame: Frame, answer: PreferencesAnswer) =>
  statusOf(frame, preferenceWords(frame.language), answer)

/** A choice could not be written down; the way out is offered all the same. */
export function notSavedPage(frame: Frame): string {
  const words = preferenceWords(frame.language)
  return page(frame, words.notSavedHeading, [
    html`${heading(frame, words.notSavedHeading)}
<p>${words.notSavedText}</p>
<form method="post"><button type="submit" name="act" value="optout">${wordsOf(frame.language).optOutOfEverything}</button></form>`,
  ])
}

function statusOf(frame: Frame, words: PreferenceWords, answer: PreferencesAnswer): Html {
  if ('wrong' in answer) return html`<p class="error" role="alert">${words.needsChange}</p>\n`
  if ('saved' in answer) return html`<p class="mark" role="status">${words.saved}</p>\n`
  const date = new Intl.DateTimeFormat(localeOf(frame.language), { dateStyle: 'long', timeZone: 'UTC' }).format(
    new Date(answer.dueOn),
  )
  return html`<p class="mark" role="status">${fill(answer.asked === 'copy' ? words.askedForData : words.askedForErasure, { date })}</p>\n`
}

function choiceForm(
  frame: Frame,
  words: PreferenceWords,
  { topics, pausedUntil, isUntracked, language }: Preferences,
): Html {
  return html`
<hr>
<h2>${words.orChoose}</h2>
<form method="post">
${topics.length > 0 ? html`<fieldset><legend class="soft">${words.topics}</legend>\n${topics.map((topic) => topicBox(frame, topic))}</fieldset>\n` : null}${howOften(frame, words, pausedUntil)}
<p class="field"><label for="language">${words.language}</label><select id="language" name="language">${language === null ? html`<option value="" selected>${words.automatic}</option>` : null}${LANGUAGES.map(
    ({ code, name }) =>
      html`<option value="${code}" lang="${code}"${code === language ? html` selected` : null}>${name}</option>`,
  )}</select></p>
<label class="choice"><input type="checkbox" name="untracked" value="yes"${isUntracked ? html` checked` : null}><span>${words.untracked}</span></label><input type="hidden" name="asked-tracking" value="yes">
<button type="submit" class="second" name="act" value="save">${words.saveChoice}</button>
</form>`
}

function topicBox(frame: Frame, { id, name, description, chosen }: Preferences['topics'][number]): Html {
  const more = description === '' ? null : html`<small>${inItsLanguage(frame, description)}</small>`
  return html`<label class="choice"><input type="checkbox" name="topic" value="${id}"${chosen ? html` checked` : null}><span><b>${inItsLanguage(frame, name)}</b>${more}</span></label><input type="hidden" name="offered" value="${id}">\n`
}

function howOften(frame: Frame, words: PreferenceWords, pausedUntil: Date | null): Html {
  const date = pausedUntil && dayOf(frame, pausedUntil)
  const options = [
    date === null
      ? html`<option value="" selected>${words.asSent}</option>`
      : html`<option value="" selected>${fillText(words.pausedUntil, { date })}</option><option value="end">${words.asSent}</option>`,
    ...PAUSES.map(
      (days) => html`<option value="${String(days)}">${fillText(words.pauseFor, { days: String(days) })}</option>`,
    ),
  ]
  const note = date && html`<small class="soft" id="pause-note">${fillText(words.pauseNote, { date })}</small>`
  return html`<p class="field"><label for="pause">${words.howOften}</label><select id="pause" name="pause"${note ? html` aria-describedby="pause-note"` : null}>${options}</select>${note}</p>`
}

const dataForm = (words: PreferenceWords) => html`
<hr>
<h2>${words.data}</h2>
<p class="soft">${words.dataText}</p>
<form method="post" class="pair"><button type="submit" class="second" name="act" value="copy">${words.askForData}</button><button type="submit" class="second" name="act" value="erase">${words.eraseData}</button></form>`

function dayOf({ language, sender }: Frame, time: Date): string {
  return new Intl.DateTimeFormat(localeOf(language), { dateStyle: 'long', timeZone: sender?.timeZone ?? 'UTC' }).format(
    time,
  )
}
