import { randomBytes } from 'node:crypto'
import { escapeHtml } from './template.ts'

/**
 * Keeps merge points and tags of Liquid out of the hands of Markdown, MJML and escaping: `hide` puts a word in the place
 * of each, `show` puts them back.
 */
export function mergeMarks() {
  const nonce = `lw${randomBytes(6).toString('hex')}m`
  const kept: string[] = []
  return {
    hide: (source: string) =>
      source.replace(/\{\{[^{}]*\}\}|\{%[^{}]*%\}/g, (point) => `${nonce}${kept.push(point) - 1}e`),
    show: (made: string) => made.replace(new RegExp(`${nonce}(\\d+)e`, 'gi'), (_, index) => kept[Number(index)] ?? ''),
  }
}

export type MergeMarks = ReturnType<typeof mergeMarks>

/** Plain words as HTML, their merge points hidden. */
export const plainHtml = (marks: MergeMarks, source: string) => escapeHtml(marks.hide(source)).replaceAll('\n', '<br>')
