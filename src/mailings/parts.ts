import { convert } from 'html-to-text'
import { footerLook, htmlFooter, textFooter, withFooter } from './footer.ts'
import { escapeHtml } from './template.ts'
import { readVisible } from './visible.ts'
import { showsAddress } from './wayout.ts'

export type Parts = { html: string; text: string }

const OPT_OUT = /\{\{-?\s*opt_out_url\b/
/** A link that leads to the way out and nowhere else. */
const OPT_OUT_HREF = /^\{\{-?\s*opt_out_url\s*-?\}\}([?#]|$)/
const PREFERENCES = /\{\{-?\s*preferences_url\b/
const POSTAL = /\{\{-?\s*sender\.postal_address\b/

/**
 * The two parts of a mailing as templates: the text part made from the HTML when there is none, the account's footer
 * where the mailing has none of its own.
 *
 * A mailing that names `opt_out_url` has its own way out. Then a part whose own way out is seen, but which lacks the
 * preferences or the postal address, gets the footer too; one whose own is hidden or absent gets none, so that the
 * check refuses it (OC-28). The footer block of a mailing made of blocks is always filled.
 */
export function completeParts(
  given: Parts,
  account: { language: string; postalAddress: string; signUpUrl: string },
): Parts {
  const html = given.html.trim() === '' ? htmlFrom(given.text) : given.html
  const seen = readVisible(html) // first of all: it refuses what would take too long to read
  const text = given.text.trim() === '' ? textFrom(html) : given.text
  const isOwn = OPT_OUT.test(html) || OPT_OUT.test(text)
  const isSeen = { html: seen.links.some(({ href }) => OPT_OUT_HREF.test(href)), text: OPT_OUT.test(text) }
  const isComplete = (source: string, shown: string) =>
    PREFERENCES.test(source) && (POSTAL.test(source) || showsAddress(shown, account.postalAddress))
  const look = footerLook(html)
  const wants = (part: 'html' | 'text', source: string, shown: string) =>
    !isOwn || look !== null || (isSeen[part] && !isComplete(source, shown))
  return {
    html: withFooter(html, wants('html', html, seen.text) ? htmlFooter(account, look) : '', account.language),
    text: wants('text', text, text) ? `${text.trimEnd()}\n\n-- \n${textFooter(account)}` : text,
  }
}

/** The words of HTML as plain text; merge points in it stay as they are (MF-5: both parts say the same). */
export function textFrom(html: string): string {
  return convert(html, {
    wordwrap: false,
    limits: { maxDepth: 300 },
    selectors: [
      { selector: 'img', format: 'skip' },
      { selector: '*[style*="display:none"]', format: 'skip' },
      { selector: '*[style*="display: none"]', format: 'skip' },
      { selector: '*[hidden]', format: 'skip' },
      { selector: 'a', options: { hideLinkHrefIfSameAsText: true, linkBrackets: ['', ''] } },
      { selector: 'td', format: 'block' },
      { selector: 'th', format: 'block' },
      ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, options: { uppercase: false } })),
    ],
  })
}

/** Paragraphs of plain text as HTML, for a mailing that is written as text alone. */
function htmlFrom(text: string): string {
  const paragraphs = text.trim().split(/\n\s*\n/)
  return paragraphs
    .map((paragraph) => {
      const escaped = paragraph
        .split(/(\{[{%][^{}]*[}%]\})/)
        .map((piece, index) => (index % 2 === 0 ? escapeHtml(piece) : piece))
        .join('')
      const linked = escaped.replace(/\{\{-?\s*(opt_out_url|preferences_url|view_url)\s*-?\}\}/g, '<a href="$&">$&</a>')
      return `<p>${linked.replaceAll('\n', '<br>\n')}</p>`
    })
    .join('\n')
}
