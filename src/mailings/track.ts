import { randomBytes } from 'node:crypto'
import { parse, type DefaultTreeAdapterTypes as Tree } from 'parse5'
import { encodePieces } from './encode-pieces.ts'
import { type Piece, readTemplate } from './template.ts'

/** The HTML part with tracked links and the open image, and where the links lead: link 1 is the first. */
export type Tracked = { html: Piece[]; links: string[] }

type Target = { from: number; to: number; url: string }

/**
 * Makes the tracked form of an HTML part.
 *
 * Links to http and https elsewhere are led through /c/. Untouched stay: the way out and every other page of this
 * program (OC-11, AB-9), links with a merge point in them, and what is no web address. The text part is never tracked:
 * there the reader sees the address itself.
 * @param known links of other variants, which keep their numbers
 */
export function trackHtml(html: string, baseUrl: string, known: readonly string[] = []): Tracked {
  const mark = `lw${randomBytes(12).toString('hex')}`
  const links = [...known]
  let marked = ''
  let at = 0
  for (const { from, to, url } of targetsIn(html, baseUrl)) {
    const place = links.indexOf(url)
    const number = place < 0 ? links.push(url) : place + 1
    marked += `${html.slice(at, from)}href="${baseUrl}/c/${mark}${number}"`
    at = to
  }
  marked += html.slice(at)
  const end = marked.toLowerCase().lastIndexOf('</body')
  const image = `<img src="${baseUrl}/i/${mark}0" width="1" height="1" alt="">`
  const whole = end < 0 ? marked + image : marked.slice(0, end) + image + marked.slice(end)
  return {
    html: encodePieces(readTemplate('html', whole, 'HTML part').flatMap((piece) => filledIn(piece, mark))),
    links,
  }
}

/** Puts the merge point for the message's token where the mark stands. */
function filledIn(piece: Piece, mark: string): Piece[] {
  if (typeof piece === 'string')
    return piece
      .split(mark)
      .flatMap((text, index): Piece[] => (index === 0 ? [text] : [{ path: ['response_token'], filters: [] }, text]))
  return 'liquid' in piece ? [{ liquid: piece.liquid.replaceAll(mark, '{{ response_token }}') }] : [piece]
}

const LONGEST_URL = 2000

function targetsIn(html: string, baseUrl: string): Target[] {
  if (/\{%-?\s*raw\b/.test(html)) return [] // what stands in it is not filled in
  const found = new Map<number, Target>()
  const waiting: Tree.Node[] = [parse(html, { sourceCodeLocationInfo: true })]
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if ('childNodes' in node) waiting.push(...node.childNodes)
    if (!('tagName' in node) || node.tagName !== 'a') continue
    const place = node.sourceCodeLocation?.attrs?.['href']
    const value = node.attrs.find(({ name }) => name === 'href')?.value.trim() ?? ''
    if (!place || !isTrackable(value, baseUrl) || !/^href\s*=/i.test(html.slice(place.startOffset))) continue
    found.set(place.startOffset, { from: place.startOffset, to: place.endOffset, url: new URL(value).href })
  }
  return [...found.values()].toSorted((one, other) => one.from - other.from)
}

function isTrackable(value: string, baseUrl: string): boolean {
  if (/\{[{%]/.test(value) || value.length > LONGEST_URL || !URL.canParse(value)) return false
  const url = new URL(value)
  return /^https?:$/.test(url.protocol) && url.host !== new URL(baseUrl).host
}
