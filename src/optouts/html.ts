/** Markup that may be written as it is; everything else is text and gets escaped (SE-3). */
export type Html = { readonly markup: string }

type Part = Html | string | Part[] | null

/** Joins markup with values: strings are escaped, for text and for quoted attributes alike. */
export function html(markup: TemplateStringsArray, ...parts: Part[]): Html {
  return { markup: markup.map((text, place) => text + written(parts[place] ?? null)).join('') }
}

/** Fills `{name}` in a sentence of the page's words. */
export function fill(sentence: string, values: Record<string, Part>): Html {
  const markup = sentence
    .split(/\{(\w+)\}/)
    .map((text, place) => written(place % 2 === 0 ? text : (values[text] ?? null)))
    .join('')
  return { markup }
}

/** Fills `{name}` with plain text, for titles. */
export function fillText(sentence: string, values: Record<string, string>): string {
  return sentence.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '')
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function written(part: Part): string {
  if (part === null) return ''
  if (typeof part === 'string') return part.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? '')
  return Array.isArray(part) ? part.map(written).join('') : part.markup
}
