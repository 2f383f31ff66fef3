import { readableOn } from './design.ts'
import { type FooterWords, footerWords } from './footer-words.ts'
import { escapeHtml } from './template.ts'

export type FooterParts = { language: string; signUpUrl: string }

const BOX =
  'clear:both;margin:0;padding:20px 32px 28px;color:#4f5b54;background-color:#f6f8f6;border-top:1px solid #d9e0db;' +
  "font:13px/1.55 Inter,'Liberation Sans',Arial,sans-serif"
const LINK = 'display:inline-block;padding:5px 0;line-height:20px;color:#1d5b3c;text-decoration:underline'

/**
 * The account's footer as a template for the HTML part: way out, preferences, view in browser, postal address, the
 * masked address. Links are 30 px high and stand out 7:1 from their ground (OC-28, LW-4, WCAG 2.2 2.5.8, 1.4.3).
 */
export function htmlFooter({ language, signUpUrl }: FooterParts, look: FooterLook | null = null): string {
  const words = footerWords(language)
  const colour = look ? `;color:${readableOn(look.colour, look.ground)}` : ''
  const own = look
    ? `${colour};background-color:${look.ground}${look.align === 'center' ? ';text-align:center' : ''}`
    : ''
  const link = (href: string, text: string, gap: string) =>
    `<a href="${href}" style="${LINK}${colour};${gap}">${escapeHtml(text)}</a>`
  const side = words.direction === 'rtl' ? 'left' : 'right'
  const gap = `margin-${side}:20px`
  const [before = '', after = ''] = words.sentTo.split('{address}').map(escapeHtml)
  return `<div lang="${words.language}" dir="${words.direction}" class="lw-footer" style="${BOX}${own}">
<div style="font-size:14px;font-weight:600">${link('{{ opt_out_url }}', words.optOut, gap)} ${link('{{ preferences_url }}', words.preferences, gap)} ${link('{{ view_url }}', words.view, gap)}</div>
<p style="margin:8px 0 0"><bdi>{{ sender.postal_address }}</bdi></p>
<p style="margin:4px 0 0">${before}<bdi dir="ltr">{{ masked_address }}</bdi>${after} ${escapeHtml(words.belongs)}</p>
<p style="margin:2px 0 0">${escapeHtml(words.forwarded)} ${link(escapeHtml(signUpUrl), words.signUp, 'margin:0')}</p>
</div>`
}

/** The account's footer as a template for the text part. */
export function textFooter({ language, signUpUrl }: FooterParts): string {
  const words = footerWords(language)
  return [
    `${words.optOut}: {{ opt_out_url }}`,
    `${words.preferences}: {{ preferences_url }}`,
    `${words.view}: {{ view_url }}`,
    '',
    '{{ sender.postal_address }}',
    words.sentTo.replace('{address}', '{{ masked_address }}'),
    `${words.forwarded} ${words.signUp}: ${signUpUrl}`,
    '',
  ].join('\n')
}

/** How a footer block looks. Its words stand out from the ground 4.5:1 whatever is chosen (OC-28). */
export type FooterLook = { align: 'left' | 'center'; colour: string; ground: string }

const MARK = /<!--last-word footer (left|center) (#[0-9a-f]{6}) (#[0-9a-f]{6})-->/gi

/** Stands in HTML where a footer block is; a comment, so that a program that does not know it shows nothing. */
export const footerMark = ({ align, colour, ground }: FooterLook) =>
  `<!--last-word footer ${align} ${colour} ${ground}-->`

/** The look that the mark of a footer block asks for, null without one. */
export function footerLook(html: string): FooterLook | null {
  const [, align, colour = '', ground = ''] = [...html.matchAll(MARK)][0] ?? []
  return align === undefined ? null : { align: align.toLowerCase() === 'center' ? 'center' : 'left', colour, ground }
}

/** Puts the footer at the mark of its block, else where the body ends; text without a document gets one (MF-15). */
export function withFooter(html: string, footer: string, language: string): string {
  const words: FooterWords = footerWords(language)
  const marked = [...html.matchAll(MARK)][0]
  if (marked) return html.slice(0, marked.index) + footer + html.slice(marked.index + marked[0].length)
  if (!/<(html|body)[\s>]/i.test(html))
    return `<!doctype html>\n<html lang="${words.language}" dir="${words.direction}">\n<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"></head>\n<body>\n${html}\n${footer}\n</body>\n</html>\n`
  const place = lastTag(html, /<\/body\s*>/gi) ?? lastTag(html, /<\/html\s*>/gi) ?? html.length
  return `${html.slice(0, place)}${footer}\n${html.slice(place)}`
}

const lastTag = (html: string, tag: RegExp) => [...html.matchAll(tag)].at(-1)?.index
