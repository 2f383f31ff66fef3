import type { Account } from '../accounts/account.contract.ts'
import { getAccount } from '../accounts/account.ts'
import type { Core } from '../platform/core.ts'
import { DomainError } from '../platform/errors.ts'
import type { MailingSource } from './blocks.contract.ts'
import { blocksMjml, card, type Element, type Frame, footerElement, mjmlDocument, textElement } from './blocks.ts'
import type { MailingErrorCode } from './errors.ts'
import { footerWords } from './footer-words.ts'
import type { MailingChange } from './mailing.contract.ts'
import { markdownHtml } from './markdown.ts'
import { mergeMarks } from './merge-marks.ts'

type Rendering = { account: Account; baseUrl: string }

const PLAIN = { accent: '#1d5b3c', ground: '#eef2ef', font: 'sans', previewText: '' } as const
const PLAIN_FOOTER = { align: 'left', colour: '#4f5b54', ground: '#f6f8f6' } as const

/**
 * A change with the HTML that its source makes; one without a source, or written as HTML, as it is.
 *
 * @throws DomainError mailing.invalid for MJML that cannot be read, and for a source together with another HTML
 */
export async function withRendered<Change extends Pick<MailingChange, 'source' | 'html'>>(
  { db, config }: Core,
  accountId: string,
  change: Change,
): Promise<Change> {
  const { source, html } = change
  if (!source || source.kind === 'html') return change
  if (html !== undefined) throw new DomainError<MailingErrorCode>('mailing.invalid', 'Give a source or HTML, not both.')
  const account = await getAccount(db, accountId)
  return { ...change, html: await renderSource(source, { account, baseUrl: config.baseUrl }) }
}

/**
 * The HTML of a mailing that is written as blocks, MJML or Markdown; its merge points stay as they are written.
 *
 * @throws DomainError mailing.invalid for MJML that cannot be read, with its line
 */
export async function renderSource(
  source: Exclude<MailingSource, { kind: 'html' }>,
  { account, baseUrl }: Rendering,
): Promise<string> {
  const marks = mergeMarks()
  const { language, direction } = footerWords(account.language)
  const frame: Frame = { language, direction, baseUrl, title: account.senderName || account.name, marks }
  if (source.kind === 'mjml') return marks.show(await fromMjml(readMjml(marks.hide(source.mjml))))
  const made =
    source.kind === 'blocks'
      ? blocksMjml(source.design, frame)
      : mjmlDocument(PLAIN, frame, [
          card([
            {
              tagName: 'mj-column',
              attributes: {},
              children: [
                textElement(markdownHtml(marks.hide(source.markdown)), direction === 'rtl' ? 'right' : 'left'),
              ],
            },
          ]),
          footerElement(PLAIN_FOOTER),
        ])
  return marks.show(await fromMjml(made))
}

function readMjml(source: string): string {
  if (/<mj-include[\s/>]/i.test(source)) throw invalid('mj-include reads other files, which a mailing has none of.')
  if (!/^\s*(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)*<mjml[\s>]/i.test(source)) throw invalid('It begins with <mjml>.')
  return source
}

/** Takes a second, so it is not done at the start but when somebody is about to write a mailing. */
export const loadRenderer = () => import('mjml')

async function fromMjml(source: string | Element): Promise<string> {
  const { default: mjml } = await loadRenderer()
  try {
    const { html } = await mjml(source, { validationLevel: 'strict', fonts: {} })
    if (html.includes('www.mailjet.com/images'))
      throw invalid('An mj-social-element takes its picture from another host. Give it a src of your own.')
    return html
  } catch (error) {
    if (error instanceof DomainError) throw error
    throw invalid(inWords(error))
  }
}

function inWords(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const lines = message
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && line !== 'ValidationError:')
    .map((line) => line.replace(/^Line (\d+) of .*? \(([\w-]+)\) — /, 'line $1, $2: '))
  return lines.slice(0, 5).join(' ').slice(0, 1000)
}

const invalid = (text: string) =>
  new DomainError<MailingErrorCode>('mailing.invalid', `MJML: ${text}`, {
    fields: [{ path: '/source', message: `MJML: ${text}` }],
  })
