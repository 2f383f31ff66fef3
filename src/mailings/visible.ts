import { parse, type DefaultTreeAdapterTypes as Tree } from 'parse5'
import { DomainError } from '../platform/errors.ts'
import { type Colour, contrast, readColour } from './colour.ts'
import type { MailingErrorCode } from './errors.ts'

export type VisibleLink = { href: string; text: string }

/** What a reader of a mail's HTML can see: its links with their words, and its text. */
export type Seen = { links: VisibleLink[]; text: string; tags: Set<string> }

type Rule = { tag: string; id: string; classes: string[]; declarations: Map<string, string> }
type Look = { size: number; colour: Colour; background: Colour }

/**
 * Reads HTML as a mail program shows it: comments, hidden, empty, zero-sized, unreadably small and background-coloured
 * parts are not seen. In doubt a part counts as hidden (OC-28).
 */
export function readVisible(html: string): Seen {
  const document = parseMail(html)
  const seen: Seen = { links: [], text: '', tags: new Set() }
  const rules = styleRules(document)
  const plain: Look = { size: 16, colour: [0, 0, 0], background: [255, 255, 255] }
  const visit = (node: Tree.Node, look: Look, link: VisibleLink | null, depth: number): void => {
    if (depth > DEEPEST) return
    if (node.nodeName === '#text' && 'value' in node) {
      if (look.size < 5 || contrast(look.colour, look.background) < 1.3) return
      const words = node.value.replace(/[\u00ad\u200b-\u200f\u2060\ufeff]/g, '')
      seen.text += words
      if (link) link.text += words
      return
    }
    if (!('childNodes' in node)) return
    if (!('tagName' in node)) return node.childNodes.forEach((child) => visit(child, look, link, depth + 1))
    seen.tags.add(node.tagName)
    if (UNSEEN.includes(node.tagName)) return
    const style = declared(node, rules)
    if (isHidden(node, style)) return
    const href = node.tagName === 'a' ? attribute(node, 'href') : undefined
    const here = href === undefined ? link : { href: href.trim(), text: '' }
    const next = lookOf(node, style, look)
    if (node.tagName === 'img' && here) here.text += attribute(node, 'alt') ?? ''
    if (BLOCKS.includes(node.tagName)) seen.text += '\n'
    node.childNodes.forEach((child) => visit(child, next, here, depth + 1))
    if (here && here !== link && here.text.trim() !== '') seen.links.push({ ...here, text: here.text.trim() })
  }
  visit(document, plain, null, 0)
  return seen
}

const DEEPEST = 300
const UNSEEN = [
  'head',
  'script',
  'style',
  'template',
  'title',
  'noscript',
  'svg',
  'object',
  'iframe',
  'select',
  'option',
]
const BLOCKS = ['p', 'div', 'td', 'th', 'tr', 'br', 'li', 'h1', 'h2', 'h3', 'h4', 'address', 'table', 'section']

/** The value of an element's attribute, or undefined. */
export function attribute(element: Tree.Element, name: string): string | undefined {
  return element.attrs.find((attr) => attr.name === name)?.value
}

/** Every element of a document, in order, those in its templates left out. */
export function elementsOf(html: string): Tree.Element[] {
  return nodesOf(parseMail(html)).filter((node) => 'tagName' in node)
}

/** Parsing takes time by depth and length together, so that depth has an end (SE-13). */
function parseMail(html: string): Tree.Document {
  let depth = 0
  for (const [tag, close, name = ''] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)/gi)) {
    if (ENDS_ALONE.has(name.toLowerCase())) continue
    depth = close ? Math.max(0, depth - 1) : depth + 1
    if (depth > DEEPEST)
      throw new DomainError<MailingErrorCode>(
        'mailing.invalid',
        `The HTML part has ${tag}… within more than ${DEEPEST} elements.`,
      )
  }
  return parse(html)
}

const ENDS_ALONE = new Set(
  'p li td th tr dt dd option br img hr input meta link col source wbr area base thead tbody tfoot colgroup'.split(' '),
)

function nodesOf(root: Tree.Node): Tree.Node[] {
  const found: Tree.Node[] = []
  const open = [root]
  for (let node = open.pop(); node; node = open.pop()) {
    found.push(node)
    if ('childNodes' in node) for (const child of node.childNodes.toReversed()) open.push(child)
  }
  return found
}

function isHidden(element: Tree.Element, style: Map<string, string>): boolean {
  if (attribute(element, 'hidden') !== undefined || attribute(element, 'aria-hidden') === 'true') return true
  const value = (name: string) => style.get(name) ?? ''
  if (value('display') === 'none' || /^(hidden|collapse)$/.test(value('visibility'))) return true
  if (value('opacity') !== '' && Number.parseFloat(value('opacity')) < 0.2) return true
  if (['width', 'height', 'max-width', 'max-height', 'zoom'].some((name) => isNothing(value(name)))) return true
  if (['width', 'height'].some((name) => isNothing(attribute(element, name) ?? ''))) return true
  if (/(^|\s)-\d{3,}/.test(['left', 'top', 'right', 'text-indent', 'margin', 'margin-left'].map(value).join(' ')))
    return true
  if (/scale[xy]?\(\s*0?\.?0*\s*[,)]/.test(value('transform')) || /opacity\(\s*0/.test(value('filter'))) return true
  return (
    /rect\(\s*[01](px)?[\s,]+[01](px)?[\s,]+[01](px)?[\s,]+[01](px)?/.test(value('clip')) ||
    /inset\((5\d|[6-9]\d|100)%/.test(value('clip-path'))
  )
}

const isNothing = (length: string) =>
  /^0*\.?0*[01]?(px|pt|em|rem|%)?$/.test(length) && Number.parseFloat(length) <= 1 && !/^1(em|rem)$/.test(length)

function lookOf(element: Tree.Element, style: Map<string, string>, around: Look): Look {
  const background = readColour(
    style.get('background-color') ?? style.get('background') ?? attribute(element, 'bgcolor') ?? '',
  )
  const colour = readColour(
    style.get('-webkit-text-fill-color') ?? style.get('color') ?? attribute(element, 'color') ?? '',
  )
  const unset: Colour = element.tagName === 'a' ? [0, 0, 238] : around.colour
  return {
    size: sizeOf(style.get('font-size') ?? '', around.size),
    colour:
      colour === 'transparent'
        ? background === 'transparent' || !background
          ? around.background
          : background
        : (colour ?? unset),
    background: background === 'transparent' || !background ? around.background : background,
  }
}

function sizeOf(text: string, around: number): number {
  const [, number = '', unit = ''] = /^(\d*\.?\d+)(px|pt|em|rem|%)?$/.exec(text) ?? []
  if (number === '') return around
  const factor = { px: 1, pt: 4 / 3, em: around, rem: 16, '%': around / 100 }[unit]
  return Number(number) * (factor ?? 1)
}

function declared(element: Tree.Element, rules: Rule[]): Map<string, string> {
  const classes = (attribute(element, 'class') ?? '').split(/\s+/)
  const style = new Map<string, string>()
  for (const rule of rules) {
    const applies =
      (rule.tag === '' || rule.tag === element.tagName) &&
      (rule.id === '' || rule.id === attribute(element, 'id')) &&
      rule.classes.every((name) => classes.includes(name))
    if (applies) for (const [name, value] of rule.declarations) style.set(name, value)
  }
  for (const [name, value] of readDeclarations(attribute(element, 'style') ?? '')) style.set(name, value)
  return style
}

function readDeclarations(text: string): Map<string, string> {
  const declarations = new Map<string, string>()
  for (const part of withoutComments(text).toLowerCase().split(';')) {
    const colon = part.indexOf(':')
    const value = part
      .slice(colon + 1)
      .replace(/!\s*important/, '')
      .trim()
    if (colon > 0) declarations.set(part.slice(0, colon).trim(), value)
  }
  return declarations
}

/** Rules of style elements by the last part of their selectors; those for some widths or for paper alone are left out. */
function styleRules(document: Tree.Document): Rule[] {
  const css = nodesOf(document)
    .filter((node) => node.nodeName === 'style' && 'childNodes' in node)
    .flatMap((node) =>
      'childNodes' in node ? node.childNodes.map((child) => ('value' in child ? child.value : '')) : [],
    )
    .join('\n')
  const rules: Rule[] = []
  const open: string[] = []
  for (const chunk of withoutComments(css).split(/(?<=[{}])/)) {
    const inner = chunk.slice(0, -1)
    if (chunk.endsWith('{')) open.push(inner.trim())
    if (!chunk.endsWith('}')) continue
    const selectors = open.pop() ?? ''
    if (rules.length < 2000 && open.length < 5 && !selectors.startsWith('@') && open.every(isForEverybody))
      rules.push(...selectors.split(',').flatMap((selector) => ruleOf(selector, inner)))
  }
  return rules
}

const isForEverybody = (prelude: string) =>
  /^@(media|supports|layer)/i.test(prelude) && !/width|height|print|prefers|orientation|resolution/i.test(prelude)

function ruleOf(selector: string, body: string): Rule[] {
  const last =
    selector
      .trim()
      .split(/[\s>+~]+/)
      .at(-1) ?? ''
  if (last === '' || /[:[@]/.test(last)) return []
  return [
    {
      tag: /^[a-z][a-z0-9]*/i.exec(last)?.[0].toLowerCase() ?? '',
      id: /#([\w-]+)/.exec(last)?.[1] ?? '',
      classes: [...last.matchAll(/\.([\w-]+)/g)].map(([, name = '']) => name),
      declarations: readDeclarations(body),
    },
  ]
}

function withoutComments(css: string): string {
  const [first = '', ...rest] = css.split('/*')
  return [first, ...rest.map((part) => (part.includes('*/') ? part.slice(part.indexOf('*/') + 2) : ''))].join('')
}
