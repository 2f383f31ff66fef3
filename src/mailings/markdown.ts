import { Marked } from 'marked'
import { escapeHtml } from './template.ts'

const PARAGRAPH = 'margin:0 0 14px'

/** Markdown with HTML in it shown as text, everywhere the same: in text blocks and in mailings written as Markdown. */
const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    html: ({ text }) => escapeHtml(text),
    heading({ tokens, depth }) {
      const level = Math.min(depth, 4)
      const size = [28, 22, 18, 16][level - 1]
      return `<h${level} style="margin:18px 0 8px;font-size:${size}px;line-height:1.3">${this.parser.parseInline(tokens)}</h${level}>\n`
    },
    paragraph({ tokens }) {
      return `<p style="${PARAGRAPH}">${this.parser.parseInline(tokens)}</p>\n`
    },
    image: ({ href, text }) =>
      href.startsWith('https://')
        ? `<img src="${escapeHtml(href)}" alt="${escapeHtml(text)}" style="max-width:100%;height:auto;border:0">`
        : escapeHtml(text),
  },
})

/** @param source whose merge points are hidden already */
export function markdownHtml(source: string): string {
  const made = marked.parse(source, { async: false }).trim()
  const last = made.lastIndexOf(PARAGRAPH)
  return last >= 0 && made.endsWith('</p>') && !made.slice(last).includes('</p>\n')
    ? `${made.slice(0, last)}margin:0${made.slice(last + PARAGRAPH.length)}`
    : made
}
