import { readVisible, type Seen } from './visible.ts'

export type WayOutParts = { html: string; text: string }
export type WayOutUrls = { optOutUrl: string; preferencesUrl: string }

/** What a part of a finished message lacks. */
export type Missing = { part: 'html' | 'text'; what: 'opt_out' | 'preferences' | 'postal_address' }

/**
 * What the parts of a finished message lack of way out and postal address, as a reader sees them (OC-28, LW-4).
 *
 * A link counts when it leads exactly to its URL, has words, and is hidden by nothing.
 */
export function missingIn(parts: WayOutParts, urls: WayOutUrls, postalAddress: string): Missing[] {
  const seen = readVisible(parts.html)
  const missing: Missing[] = []
  const need = (part: Missing['part'], what: Missing['what'], there: boolean) => {
    if (!there) missing.push({ part, what })
  }
  need('html', 'opt_out', showsLink(seen, urls.optOutUrl))
  need('html', 'preferences', showsLink(seen, urls.preferencesUrl))
  need('html', 'postal_address', showsAddress(seen.text, postalAddress))
  need('text', 'opt_out', namesUrl(parts.text, urls.optOutUrl))
  need('text', 'preferences', namesUrl(parts.text, urls.preferencesUrl))
  need('text', 'postal_address', showsAddress(parts.text, postalAddress))
  return missing
}

/** True when a visible link with words leads to `url`; what follows ? or # does not matter. */
const showsLink = (seen: Seen, url: string) =>
  seen.links.some(({ href, text }) => href.split(/[?#]/, 1)[0] === url && /\p{L}{2}/u.test(text))

/** True when the letters and figures of the address stand there in their order, however they are laid out. */
export function showsAddress(text: string, postalAddress: string): boolean {
  const bare = (value: string) =>
    value
      .normalize('NFKC')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]/gu, '')
  return bare(postalAddress) !== '' && bare(text).includes(bare(postalAddress))
}

function namesUrl(text: string, url: string): boolean {
  for (let at = text.indexOf(url); at >= 0; at = text.indexOf(url, at + 1))
    if (!/[A-Za-z0-9_-]/.test(text[at + url.length] ?? ' ')) return true
  return false
}
