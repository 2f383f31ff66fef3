import { Liquid, type Template, TypeGuards } from 'liquidjs'
import { DomainError } from '../platform/errors.ts'
import type { MailingErrorCode } from './errors.ts'

/** What merge points can be filled with. Values of `contact` are the fields of one contact, and `address`. */
export type Scope = {
  /** Numbers and yes or no as such, so that conditions compare them; days and lists as text. */
  contact: Record<string, string | number | boolean>
  opt_out_url: string
  preferences_url: string
  view_url: string
  /** The contact's address, enough of it for its holder alone (UX-13). */
  masked_address: string
  /** Of tracked links; no merge point of people's. */
  response_token?: string
  sender: { name: string; postal_address: string }
}

/** A filter of a merge point that needs no Liquid: its name and its literal arguments. */
export type SimpleFilter = [name: string, ...rest: string[]]

/**
 * One piece of a template: fixed text, a merge point that is filled in place, or a piece of Liquid that is rendered for
 * each recipient.
 */
export type Piece = string | { path: string[]; filters: SimpleFilter[] } | { liquid: string }

const TAGS = ['if', 'unless', 'case', 'for', 'break', 'continue', 'comment', 'raw']
const FILTERS = ['default', 'upcase', 'downcase', 'capitalize', 'escape', 'strip', 'truncate', 'date', 'url_encode']
const URLS = ['opt_out_url', 'preferences_url', 'view_url', 'masked_address']
const SIMPLE = ['default', 'upcase', 'downcase', 'capitalize', 'escape', 'strip', 'url_encode']

/**
 * Liquid cut down to what a mailing needs: nothing reads files, other contacts or the program (SE-4).
 *
 * Values are data, never templates: a name such as {{7*7}} stays as it is.
 */
function engine(escapes: boolean): Liquid {
  const made = new Liquid({
    cache: false,
    strictFilters: true,
    ownPropertyOnly: true,
    relativeReference: false,
    templates: {},
    timezoneOffset: 0,
    locale: 'en',
    parseLimit: 4_000_000,
    renderLimit: 500,
    memoryLimit: 10_000_000,
    ...(escapes ? { outputEscape: 'escape' as const } : {}),
  })
  for (const name of Object.keys(made.tags)) if (!TAGS.includes(name)) delete made.tags[name]
  for (const name of Object.keys(made.filters)) if (!FILTERS.includes(name)) delete made.filters[name]
  // HTML escapes every value as it is written, and the other parts need none.
  made.registerFilter('escape', (value: unknown) => value)
  return made
}

const engines = { html: engine(true), text: engine(false) }
export type TemplateKind = keyof typeof engines

/**
 * Takes a template apart into pieces that join to what Liquid would give.
 *
 * @param where the part's name in messages, such as "HTML part"
 * @throws DomainError mailing.invalid with what is wrong and in which line
 */
export function readTemplate(kind: TemplateKind, source: string, where: string): Piece[] {
  const templates = parse(kind, source, where)
  return templates.flatMap((template, index): Piece[] => {
    const next = templates[index + 1]
    return pieceOf(template, source.slice(template.token.begin, next?.token.begin ?? source.length))
  })
}

/** The merge points of a template, each as its segments, such as ['contact', 'first_name']. */
export function mergePoints(source: string): string[][] {
  return engines.text.globalVariableSegmentsSync(source).map((segments) => segments.map(String))
}

/** Renders a template as Liquid does; what fillPiece must equal. */
export function renderTemplate(kind: TemplateKind, source: string, scope: Scope): string {
  return String(engines[kind].parseAndRenderSync(source, scope))
}

/** Makes the function that gives a piece's text for one recipient. */
export function pieceFiller(kind: TemplateKind, piece: Exclude<Piece, string>): (scope: Scope) => string {
  if ('liquid' in piece) {
    const parsed = engines[kind].parse(piece.liquid)
    return (scope) => String(engines[kind].renderSync(parsed, scope))
  }
  const { path, filters } = piece
  const [root = '', name = ''] = path
  return (scope) => {
    let value = path.length === 1 ? own(scope, root) : own(own(scope, root), name)
    for (const [filter, ...rest] of filters) value = FILTER[filter]?.(value, rest) ?? value
    const text = textOf(value)
    return kind === 'html' ? escapeHtml(text) : text
  }
}

export function escapeHtml(text: string): string {
  return /[&<>"']/.test(text) ? text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character) : text
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;' }

const textOf = (value: unknown) =>
  typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
const FILTER: Record<string, (value: unknown, rest: string[]) => unknown> = {
  default: (value, [instead = '']) => (value === false || textOf(value) === '' ? instead : value),
  upcase: (value) => textOf(value).toUpperCase(),
  downcase: (value) => textOf(value).toLowerCase(),
  capitalize: (value) => textOf(value).charAt(0).toUpperCase() + textOf(value).slice(1).toLowerCase(),
  strip: (value) => textOf(value).trim(),
  escape: (value) => value,
  url_encode: (value) => encodeURIComponent(textOf(value)).replace(/%20/g, '+'),
}

function own(holder: unknown, name: string): unknown {
  return typeof holder === 'object' && holder !== null && Object.hasOwn(holder, name)
    ? Reflect.get(holder, name)
    : undefined
}

/** More would take long for each recipient and help nobody. */
const MOST_POINTS = 2000

function parse(kind: TemplateKind, source: string, where: string): Template[] {
  if (source.split(/\{[{%]/, MOST_POINTS + 2).length > MOST_POINTS + 1)
    throw new DomainError<MailingErrorCode>('mailing.invalid', `${where}: there are more than 2,000 merge points.`)
  try {
    return engines[kind].parse(source)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new DomainError<MailingErrorCode>('mailing.invalid', `${where}: ${plainly(message)}`, { cause: error })
  }
}

/** Liquid's message in the words of the product. */
function plainly(message: string): string {
  const line = /line:(\d+)/.exec(message)?.[1]
  const place = line ? ` (line ${line})` : ''
  const tag = /tag "([^"]*)" not found/.exec(message)?.[1]
  if (tag) return `the tag ${tag} is not possible in a mailing${place}. Possible are if, unless, case and for.`
  const filter = /undefined filter: (\S+?),/.exec(message)?.[1]
  if (filter) return `the filter ${filter} is not possible in a mailing${place}. Possible are ${FILTERS.join(', ')}.`
  return `a merge point cannot be read${place}: ${message.replace(/, line:.*$/s, '')}.`
}

/** Looks at Liquid's parsed form; what is not plainly simple stays Liquid. */
function pieceOf(template: Template, source: string): Piece[] {
  if ('str' in template && typeof template.str === 'string') return template.str === '' ? [] : [template.str]
  const value = 'value' in template && source.trimStart().startsWith('{{') ? template.value : undefined
  const path = pathOf(value)
  const filters = filtersOf(value)
  return [path && filters ? { path, filters } : { liquid: source }]
}

function pathOf(value: unknown): string[] | null {
  const postfix = at(at(value, 'initial'), 'postfix')
  if (!Array.isArray(postfix) || postfix.length !== 1) return null
  const [token] = postfix
  const props = at(token, 'props')
  if (at(token, 'variable') !== undefined || !Array.isArray(props) || props.length > 2) return null
  const path = props.map((prop) => at(prop, 'content'))
  if (!path.every((name) => typeof name === 'string')) return null
  const [root = '', name] = path
  if (name === undefined) return URLS.includes(root) ? path : null
  return ['contact', 'sender'].includes(root) && !['size', 'first', 'last'].includes(name) ? path : null
}

function filtersOf(value: unknown): SimpleFilter[] | null {
  const filters = at(value, 'filters')
  if (!Array.isArray(filters)) return null
  const simple: SimpleFilter[] = []
  for (const filter of filters) {
    const name = at(filter, 'name')
    const given = at(filter, 'args')
    if (typeof name !== 'string' || !Array.isArray(given)) return null
    if (name.includes('Function')) continue // the escaping that every HTML value gets
    const literals = given.map((argument) => at(argument, 'content'))
    const isSimple = SIMPLE.includes(name) && given.length === (name === 'default' ? 1 : 0)
    if (!isSimple || !literals.every((literal): literal is string => typeof literal === 'string')) return null
    if (!given.every((argument) => TypeGuards.isQuotedToken(argument))) return null
    simple.push([name, ...literals])
  }
  return simple
}

const at = (holder: unknown, name: string): unknown =>
  typeof holder === 'object' && holder !== null ? Reflect.get(holder, name) : undefined
