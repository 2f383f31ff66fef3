import { type Html, html } from '../optouts/html.ts'
import { type Frame, sentence } from '../optouts/page.ts'
import { wordsOf } from '../optouts/words.ts'
import type { Field } from './field.contract.ts'
import type { ShownForm } from './form-shown.ts'
import { type Entered, type Faults, fieldInput } from './sign-up-read.ts'
import { signUpWords } from './sign-up-words.ts'

/** What the form shows beside its own parts. */
export type FormState = {
  entered: Pick<Entered, 'address' | 'fields' | 'topicIds' | 'consent'>
  faults: Faults
  /** Nothing is wrong, but the button must be pressed here. */
  isOnceMore: boolean
  stamp: string
}

export const EMPTY: Omit<FormState, 'stamp'> = {
  entered: { address: '', fields: new Map(), topicIds: [], consent: false },
  faults: new Map(),
  isOnceMore: false,
}

/** The fields of a form between its beginning and its button, on the hosted page and in the code to copy. */
export function formParts(frame: Frame, form: ShownForm, state: Omit<FormState, 'stamp'>): Html {
  const words = signUpWords(frame.language)
  const { entered } = state
  const consent = form.texts ? inLanguage(frame, form, form.texts.consent) : sentence(words.consent, frame)
  return html`<p class="field"><label for="address">${wordsOf(frame.language).emailAddress}</label><input id="address" name="address" type="email" autocomplete="email" inputmode="email" dir="ltr" required value="${entered.address}"${flaw(state, 'address')}>${problem(frame, state, 'address')}</p>
${form.fields.map((field) => html`${fieldPart(frame, state, field)}\n`)}${topicsPart(frame, form, state)}<p class="trap" aria-hidden="true"><label for="url">${words.trap}</label><input id="url" name="url" type="text" tabindex="-1" autocomplete="off"></p>
<label class="choice"><input type="checkbox" name="consent" value="yes" required${checked(entered.consent)}${flaw(state, 'consent')}><span>${consent}</span></label>
${below(frame, state, 'consent')}`
}

function topicsPart(frame: Frame, { topics }: ShownForm, state: Omit<FormState, 'stamp'>): Html | null {
  if (topics.length < 2) return null
  return html`<fieldset><legend>${signUpWords(frame.language).topics}</legend>
${topics.map(({ id, name, description }, place) => {
  const described = description === '' ? null : html`<small>${description}</small>`
  const fault = place === 0 ? flaw(state, 'topics') : null
  return html`<label class="choice"><input type="checkbox" name="topic" value="${id}"${checked(state.entered.topicIds.includes(id))}${fault}><span><b>${name}</b>${described}</span></label>\n`
})}${below(frame, state, 'topics')}</fieldset>
`
}

function fieldPart(frame: Frame, state: Omit<FormState, 'stamp'>, field: Field): Html {
  const words = signUpWords(frame.language)
  const optional = field.required ? null : html` <span class="soft">${words.ifYouLike}</span>`
  const given = state.entered.fields.get(field.name) ?? []
  if (field.type === 'several_of')
    return html`<fieldset><legend>${field.label}${optional}</legend>
${field.options.map((option, place) => {
  const fault = place === 0 ? flaw(state, fieldInput(field.name)) : null
  return html`<label class="choice"><input type="checkbox" name="${fieldInput(field.name)}" value="${option}"${checked(given.includes(option))}${fault}><span>${option}</span></label>\n`
})}${below(frame, state, fieldInput(field.name))}</fieldset>`
  const id = fieldInput(field.name)
  return html`<p class="field"><label for="${id}">${field.label}${optional}</label>${control(frame, state, field, given[0] ?? '')}${problem(frame, state, fieldInput(field.name))}</p>`
}

function control(frame: Frame, state: Omit<FormState, 'stamp'>, field: Field, value: string): Html {
  const words = signUpWords(frame.language)
  const name = fieldInput(field.name)
  const required = field.required ? html` required` : null
  const same = html`id="${name}" name="${name}"${required}${flaw(state, fieldInput(field.name))}`
  if (field.type === 'long') return html`<textarea ${same} rows="4" maxlength="2500">${value}</textarea>`
  if (field.type === 'one_of' || field.type === 'yes_no') {
    const options =
      field.type === 'one_of'
        ? field.options.map((option) => ({ value: option, text: option }))
        : [
            { value: 'yes', text: words.yes },
            { value: 'no', text: words.no },
          ]
    return html`<select ${same}><option value="">${words.choose}</option>${options.map(
      (option) =>
        html`<option value="${option.value}"${option.value === value ? html` selected` : null}>${option.text}</option>`,
    )}</select>`
  }
  const kind = field.type === 'date' ? html`type="date"` : html`type="text"`
  const more = field.type === 'number' ? html` inputmode="decimal" dir="ltr"` : completion(field.name)
  return html`<input ${same} ${kind}${more} value="${value}">`
}

/** What browsers fill in by themselves (WCAG 1.3.5), by the usual names of fields. */
function completion(name: string): Html | null {
  const token = COMPLETIONS.get(name)
  return token ? html` autocomplete="${token}"` : null
}

const COMPLETIONS = new Map([
  ['first_name', 'given-name'],
  ['last_name', 'family-name'],
  ['name', 'name'],
  ['company', 'organization'],
  ['phone', 'tel'],
  ['postcode', 'postal-code'],
  ['city', 'address-level2'],
  ['country', 'country-name'],
])

/** The operator's words on a page in another language say which they are in (WCAG 3.1.2). */
export function inLanguage({ language }: Frame, { texts }: ShownForm, text: string): Html | string {
  return texts && texts.language !== language ? html`<bdi lang="${texts.language}">${text}</bdi>` : text
}

const checked = (is: boolean) => (is ? html` checked` : null)

/** Ties a control to its sentence; the first of the page takes the focus. */
function flaw({ faults }: Omit<FormState, 'stamp'>, what: string): Html | null {
  if (!faults.has(what)) return null
  const isFirst = [...faults.keys()][0] === what
  return html` aria-invalid="true" aria-describedby="${what}-error"${isFirst ? html` autofocus` : null}`
}

/** The sentence for something that is no single field. */
function below(frame: Frame, state: Omit<FormState, 'stamp'>, what: string): Html | null {
  const sentence = problem(frame, state, what)
  return sentence && html`<p class="field">${sentence}</p>`
}

function problem(frame: Frame, { faults }: Omit<FormState, 'stamp'>, what: string): Html | null {
  const fault = faults.get(what)
  if (!fault) return null
  const text = fault === 'addressProblem' ? wordsOf(frame.language).addressProblem : signUpWords(frame.language)[fault]
  return html`<span class="error" id="${what}-error">${text}</span>`
}
