import {
  IconArticle,
  IconCode,
  IconColumns2,
  IconHeading,
  IconLineDashed,
  IconLock,
  IconPhoto,
  IconPointer,
  IconShare,
  IconSpacingVertical,
} from '@tabler/icons-react'
import type { Block, BlockKind, Design, MailingSource } from '../../src/mailings/blocks.contract.ts'
import type { Icon } from '../ui/look.ts'

export const blockKinds: Record<BlockKind, { name: string; icon: Icon }> = {
  text: { name: 'Text', icon: IconArticle },
  heading: { name: 'Heading', icon: IconHeading },
  image: { name: 'Image', icon: IconPhoto },
  button: { name: 'Button', icon: IconPointer },
  columns: { name: 'Columns', icon: IconColumns2 },
  divider: { name: 'Divider', icon: IconLineDashed },
  spacer: { name: 'Spacer', icon: IconSpacingVertical },
  social: { name: 'Social', icon: IconShare },
  html: { name: 'HTML', icon: IconCode },
  footer: { name: 'Footer', icon: IconLock },
}

export const kindsInColumns: BlockKind[] = ['text', 'heading', 'image', 'button', 'divider', 'spacer', 'social', 'html']
export const kindsToAdd: BlockKind[] = [
  'text',
  'heading',
  'image',
  'button',
  'columns',
  'divider',
  'spacer',
  'social',
  'html',
]

const freshId = () => crypto.randomUUID().slice(0, 13)

export function newBlock(kind: BlockKind): Block {
  const id = freshId()
  switch (kind) {
    case 'text':
      return { kind, id, text: '', align: 'left' }
    case 'heading':
      return { kind, id, text: '', level: '2', align: 'left', look: 'plain' }
    case 'image':
      return { kind, id, path: '', alt: '', href: '', width: 'inside' }
    case 'button':
      return { kind, id, text: '', href: '', align: 'left', look: 'main' }
    case 'columns':
      return { kind, id, columns: [[], []] }
    case 'divider':
      return { kind, id }
    case 'spacer':
      return { kind, id, height: 24 }
    case 'social':
      return { kind, id, align: 'left', links: [{ name: '', href: '' }] }
    case 'html':
      return { kind, id, html: '' }
    case 'footer':
      return { kind, id, align: 'left', colour: '#4f5b54', ground: '#f6f8f6' }
  }
}

/** The same block again, with ids of its own. */
export function copyOf(block: Block): Block {
  if (block.kind !== 'columns') return { ...block, id: freshId() }
  return {
    ...block,
    id: freshId(),
    columns: block.columns.map((inside) => inside.map((one) => ({ ...one, id: freshId() }))),
  }
}

export const newDesign = (): Design => ({
  previewText: '',
  accent: '#1d5b3c',
  ground: '#eef2ef',
  font: 'sans',
  blocks: [newBlock('heading'), newBlock('text'), newBlock('footer')],
})

/** What a way of writing begins with. */
export function emptySource(kind: MailingSource['kind']): MailingSource {
  if (kind === 'blocks') return { kind, design: newDesign() }
  if (kind === 'markdown') return { kind, markdown: '' }
  if (kind === 'html') return { kind }
  const mjml =
    '<mjml>\n  <mj-body>\n    <mj-section>\n      <mj-column>\n        <mj-text>Dear {{ contact.first_name | default: "reader" }},</mj-text>\n      </mj-column>\n    </mj-section>\n  </mj-body>\n</mjml>\n'
  return { kind, mjml }
}

/** A few words by which a block is known in the list. */
export function summaryOf(block: Block): string {
  if (block.kind === 'text' || block.kind === 'heading' || block.kind === 'button')
    return block.text.trim().replace(/\s+/g, ' ').slice(0, 80)
  if (block.kind === 'image') return block.alt
  if (block.kind === 'spacer') return `${block.height} pixels`
  if (block.kind === 'columns') return `${block.columns.length} side by side`
  if (block.kind === 'footer') return 'always there'
  if (block.kind === 'social') return block.links.map(({ name }) => name).join(', ')
  return ''
}
