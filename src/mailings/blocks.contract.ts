import { z } from 'zod'

const colour = z.string().regex(/^#[0-9a-f]{6}$/i, 'A colour looks like #1d5b3c.')
const id = z.string().regex(/^[A-Za-z0-9_-]{1,40}$/)
const side = z.enum(['left', 'center'])
const words = z.string().max(20_000)
const link = z.string().trim().max(2000)

/** Where an uploaded picture is served; pictures of other hosts are not shown. */
export const imagePath = z.string().regex(/^(\/m\/[A-Za-z0-9_-]{20,60}\.(png|jpg|gif|webp))?$/, 'Choose a picture.')

const text = z.strictObject({ kind: z.literal('text'), id, text: words, align: side })
const heading = z.strictObject({
  kind: z.literal('heading'),
  id,
  text: z.string().max(500),
  level: z.enum(['1', '2', '3']),
  align: side,
  /** A band has the main colour behind it. */
  look: z.enum(['plain', 'band']),
})
const image = z.strictObject({
  kind: z.literal('image'),
  id,
  path: imagePath,
  alt: z.string().max(500),
  href: link,
  width: z.enum(['full', 'inside', 'half']),
})
const button = z.strictObject({
  kind: z.literal('button'),
  id,
  text: z.string().max(200),
  href: link,
  align: z.enum(['left', 'center', 'full']),
  look: z.enum(['main', 'quiet']),
})
const divider = z.strictObject({ kind: z.literal('divider'), id })
const spacer = z.strictObject({ kind: z.literal('spacer'), id, height: z.int().min(4).max(200) })
const social = z.strictObject({
  kind: z.literal('social'),
  id,
  align: side,
  links: z.array(z.strictObject({ name: z.string().max(60), href: link })).max(12),
})
const html = z.strictObject({ kind: z.literal('html'), id, html: z.string().max(200_000) })

const inColumn = z.discriminatedUnion('kind', [text, heading, image, button, divider, spacer, social, html])
const columns = z.strictObject({
  kind: z.literal('columns'),
  id,
  columns: z.array(z.array(inColumn).max(20)).min(2).max(3),
})
/** How the account's footer looks; what it says comes from the account. */
const footer = z.strictObject({ kind: z.literal('footer'), id, align: side, colour, ground: colour })

export const block = z.discriminatedUnion('kind', [...inColumn.options, columns, footer])
export type Block = z.infer<typeof block>
export type BlockKind = Block['kind']
export type InColumn = z.infer<typeof inColumn>

export const design = z
  .strictObject({
    /** Shown beside the subject in lists of mail. */
    previewText: z.string().max(300),
    accent: colour,
    ground: colour,
    font: z.enum(['sans', 'serif']),
    blocks: z
      .array(block)
      .max(200)
      .refine((all) => all.filter(({ kind }) => kind === 'footer').length === 1, 'A mailing has one footer block.'),
  })
  .meta({ id: 'MailingDesign' })
export type Design = z.infer<typeof design>

/** What the HTML of a mailing is made from. With `html` it is written by hand and stands in the mailing itself. */
export const mailingSource = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('html') }),
    z.strictObject({ kind: z.literal('blocks'), design }),
    z.strictObject({ kind: z.literal('mjml'), mjml: z.string().max(1_000_000) }),
    z.strictObject({ kind: z.literal('markdown'), markdown: z.string().max(500_000) }),
  ])
  .meta({ id: 'MailingSource' })
export type MailingSource = z.infer<typeof mailingSource>
