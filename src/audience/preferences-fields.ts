import { fillText, type Html, html } from '../optouts/html.ts'
import { type Frame, inItsLanguage } from '../optouts/page.ts'
import { type Field, longest } from './field.contract.ts'
import type { EnteredDetails } from './preferences-details.ts'
import type { PreferenceWords } from './preferences-words.ts'

/** What was entered and which of it is not possible. */
type Wrong = { wrong: string[]; entered: EnteredDetails }

/**
 * The fields that people may fill in, each offered empty: what stands in it stays unless something is entered (UX-13).
 * After a mistake it shows what was just typed, and the first one has the focus.
 */
export function detailsForm(
  frame: Frame,
  words: PreferenceWords,
  fields: Field[],
  { wrong, entered }: Wrong = { wrong: [], entered: new Map() },
): Html | null {
  if (fields.length === 0) return null
  const first = fields.find(({ name }) => wrong.includes(name))?.name
  const inputs = fields.map((field) => {
    const isWrong = wrong.includes(field.name)
    return fieldInput({
      frame,
      words,
      field,
      typed: entered.get(field.name) ?? '',
      isFirst: field.name === first,
      error: isWrong ? html`<span class="error" id="${idOf(field)}-error">${problemOf(field, words)}</span>` : null,
    })
  })
  return html`
<hr>
<h2>${words.details}</h2>
<p class="soft" id="details-note">${words.detailsText}</p>
<form method="post" novalidate>
${inputs}<button type="submit" class="second" name="act" value="details">${words.saveDetails}</button>
</form>`
}

type Input = {
  frame: Frame
  words: PreferenceWords
  field: Field
  typed: string | string[]
  isFirst: boolean
  error: Html | null
}

const fieldInput = (input: Input): Html => (input.field.type === 'several_of' ? boxes(input) : labelled(input))

function labelled(input: Input): Html {
  const { frame, field, error } = input
  const control = input.field.type === 'one_of' || input.field.type === 'yes_no' ? select(input) : text(input)
  return html`<p class="field"><label for="${idOf(field)}">${inItsLanguage(frame, field.label)}</label>${control}${error}</p>\n`
}

function text(input: Input): Html {
  const { field, typed } = input
  const value = typeof typed === 'string' ? typed : ''
  if (field.type === 'long') return html`<textarea ${naming(input)} rows="4" dir="auto">\n${value}</textarea>`
  const hint = field.type === 'number' ? html` inputmode="decimal"` : null
  return html`<input type="text" ${naming(input)} dir="auto" autocomplete="off"${hint} value="${value}">`
}

function select(input: Input): Html {
  const { frame, words, field, typed } = input
  const options =
    field.type === 'yes_no'
      ? [
          { value: 'yes', name: words.yes },
          { value: 'no', name: words.no },
        ]
      : field.options.map((option) => ({ value: option, name: option }))
  const foreign = field.type === 'one_of' && frame.sender && frame.sender.language !== frame.language
  const lang = foreign ? html` lang="${frame.sender?.language ?? ''}"` : null
  return html`<select ${naming(input)}><option value="">${words.keep}</option>${options.map(
    ({ value, name }) =>
      html`<option value="${value}"${lang}${value === typed ? html` selected` : null}>${name}</option>`,
  )}</select>`
}

function boxes({ frame, field, typed, error, isFirst }: Input): Html {
  const described = error ? html` aria-describedby="${idOf(field)}-error"` : null
  const items = field.options.map(
    (option, place) =>
      html`<label class="choice"><input type="checkbox" name="${idOf(field)}" value="${option}"${typed.includes(option) ? html` checked` : null}${isFirst && place === 0 ? html` autofocus` : null}><span>${inItsLanguage(frame, option)}</span></label>\n`,
  )
  return html`<fieldset${described}><legend>${inItsLanguage(frame, field.label)}</legend>\n${items}${error}</fieldset>\n`
}

function naming({ field, error, isFirst }: Input): Html {
  const wrong = error ? html` aria-invalid="true"` : null
  const described = error ? `details-note ${idOf(field)}-error` : 'details-note'
  return html`id="${idOf(field)}" name="${idOf(field)}" aria-describedby="${described}"${wrong}${isFirst ? html` autofocus` : null}`
}

/** The name of a field's input. */
export const idOf = ({ name }: Pick<Field, 'name'>) => `field_${name}`

function problemOf({ type }: Field, words: PreferenceWords): string {
  if (type === 'short' || type === 'long') return fillText(words.wrongShort, { n: String(longest[type]) })
  if (type === 'number') return words.wrongNumber
  return type === 'date' ? words.wrongDate : words.wrongChoice
}
