import type { Block, Design, InColumn } from './blocks.contract.ts'
import { darkStyle, fonts, INK, readableOn, wordsOn } from './design.ts'
import { footerMark } from './footer.ts'
import { markdownHtml } from './markdown.ts'
import { type MergeMarks, plainHtml } from './merge-marks.ts'

/** An element of MJML as its parser gives it, so that no text of a block can become an element. */
export type Element = { tagName: string; attributes: Record<string, string>; children?: Element[]; content?: string }

export type Frame = { language: string; direction: 'ltr' | 'rtl'; baseUrl: string; title: string; marks: MergeMarks }

const CARD = '#ffffff'
const element = (tagName: string, attributes: Record<string, string>, inside: Element[] | string = []): Element =>
  typeof inside === 'string' ? { tagName, attributes, content: inside } : { tagName, attributes, children: inside }

/** Blocks as MJML: 600 px wide, one column on phones, fonts of the reader's own system, and a look for the dark. */
export function blocksMjml(design: Design, frame: Frame): Element {
  return mjmlDocument(
    design,
    frame,
    design.blocks.map((block) => section(block, design, frame)),
  )
}

export function mjmlDocument(
  look: Pick<Design, 'accent' | 'ground' | 'font' | 'previewText'>,
  { language, direction, title, marks }: Frame,
  sections: Element[],
): Element {
  const preview = look.previewText.trim()
  return element('mjml', { lang: language, dir: direction }, [
    element('mj-head', {}, [
      element('mj-title', {}, plainHtml(marks, title)),
      ...(preview === '' ? [] : [element('mj-preview', {}, plainHtml(marks, preview))]),
      element(
        'mj-raw',
        {},
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">',
      ),
      element('mj-attributes', {}, [
        element('mj-all', { 'font-family': fonts[look.font] }),
        element('mj-text', { 'font-size': '16px', 'line-height': '1.6', color: INK, padding: '8px 32px' }),
        element('mj-section', { padding: '0' }),
      ]),
      element(
        'mj-style',
        {},
        `a{color:${readableOn(look.accent, CARD)}}.lw-text ul,.lw-text ol{margin:0 0 14px;padding:0 24px}`,
      ),
      element('mj-style', {}, darkStyle(look.accent)),
    ]),
    element('mj-body', { 'background-color': look.ground, width: '600px', 'css-class': 'lw-ground' }, [
      card([element('mj-column', {}, [element('mj-spacer', { height: '16px' })])]),
      ...sections,
    ]),
  ])
}

export const card = (columns: Element[]) =>
  element('mj-section', { 'background-color': CARD, 'css-class': 'lw-card' }, columns)

export const textElement = (html: string, align: string) => element('mj-text', { align, 'css-class': 'lw-text' }, html)

/** Where the account's footer comes when the mailing is sent. */
export const footerElement = (look: { align: 'left' | 'center'; colour: string; ground: string }) =>
  element('mj-section', { 'background-color': look.ground, 'css-class': 'lw-footer' }, [
    element('mj-column', {}, [element('mj-text', { padding: '0' }, footerMark(look))]),
  ])

function section(block: Block, design: Design, frame: Frame): Element {
  if (block.kind === 'footer') return footerElement(block)
  if (block.kind === 'columns')
    return card(
      block.columns.map((inside) =>
        element(
          'mj-column',
          { 'vertical-align': 'top' },
          inside.map((one) => content(one, design, frame)),
        ),
      ),
    )
  if (block.kind === 'heading' && block.look === 'band')
    return element('mj-section', { 'background-color': design.accent, padding: '20px 0' }, [
      element('mj-column', {}, [headingElement(block, wordsOn(design.accent), frame, '')]),
    ])
  return card([element('mj-column', {}, [content(block, design, frame)])])
}

function content(block: InColumn, design: Design, frame: Frame): Element {
  const { marks } = frame
  switch (block.kind) {
    case 'text':
      return textElement(markdownHtml(marks.hide(block.text)), sideOf(block.align, frame))
    case 'heading':
      return headingElement(block, INK, frame, 'lw-text')
    case 'image':
      return imageElement(block, frame)
    case 'button':
      return buttonElement(block, design, frame)
    case 'divider':
      return element('mj-divider', {
        'border-width': '1px',
        'border-color': '#d5ddd8',
        padding: '16px 32px',
        'css-class': 'lw-line',
      })
    case 'spacer':
      return element('mj-spacer', { height: `${block.height}px` })
    case 'social':
      return socialElement(block, frame)
    case 'html':
      return element('mj-text', { padding: '0', 'css-class': 'lw-text' }, marks.hide(block.html))
  }
}

const SIZES = { '1': '28px', '2': '22px', '3': '18px' }

function headingElement(
  block: Extract<Block, { kind: 'heading' }>,
  color: string,
  frame: Frame,
  cssClass: string,
): Element {
  const tag = `h${block.level}`
  const style = `margin:0;font-size:${SIZES[block.level]};line-height:1.25;font-weight:700;color:${color}`
  const html = `<${tag} style="${style}">${plainHtml(frame.marks, block.text)}</${tag}>`
  return element('mj-text', { align: sideOf(block.align, frame), color, 'css-class': cssClass }, html)
}

function imageElement(block: Extract<Block, { kind: 'image' }>, { baseUrl, marks }: Frame): Element {
  const isFull = block.width === 'full'
  if (block.path === '') return element('mj-spacer', { height: '1px' })
  return element('mj-image', {
    src: `${baseUrl}${block.path}`,
    alt: marks.hide(block.alt),
    padding: isFull ? '8px 0' : '8px 32px',
    ...(block.width === 'half' ? { width: '268px' } : {}),
    ...(block.href === '' ? {} : { href: marks.hide(block.href) }),
  })
}

function buttonElement(block: Extract<Block, { kind: 'button' }>, { accent }: Design, frame: Frame): Element {
  const isMain = block.look === 'main'
  const line = isMain ? accent : readableOn(accent, CARD)
  return element(
    'mj-button',
    {
      href: frame.marks.hide(block.href),
      align: block.align === 'full' ? 'center' : sideOf(block.align, frame),
      ...(block.align === 'full' ? { width: '100%' } : {}),
      'background-color': isMain ? accent : CARD,
      color: isMain ? wordsOn(accent) : line,
      border: `2px solid ${line}`,
      'border-radius': '6px',
      'font-size': '16px',
      'font-weight': '600',
      'inner-padding': '11px 22px',
      padding: '10px 32px',
      'css-class': isMain ? 'lw-main' : 'lw-quiet',
    },
    plainHtml(frame.marks, block.text),
  )
}

/** Links in words: no pictures of other hosts, and nothing is lost where pictures are not shown. */
function socialElement(block: Extract<Block, { kind: 'social' }>, frame: Frame): Element {
  const links = block.links
    .filter(({ href }) => href !== '')
    .map(({ name, href }) => {
      const style = 'display:inline-block;padding:4px 0;font-weight:600'
      return `<a href="${plainHtml(frame.marks, href)}" style="${style}">${plainHtml(frame.marks, name || href)}</a>`
    })
  return textElement(links.join(' &nbsp;·&nbsp; '), sideOf(block.align, frame))
}

const sideOf = (align: 'left' | 'center', { direction }: Frame) =>
  align === 'left' && direction === 'rtl' ? 'right' : align
