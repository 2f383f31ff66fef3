import { z } from 'zod'
import { idText, pageOf, pageQuery, time } from '../platform/page.contract.ts'
import { selection } from './contact.contract.ts'

/** What every contact has; fields are named `fields.NAME`, so that none is taken for one of these. */
export const fixedColumns = ['address', 'status', 'added', 'source', 'groups', 'topics'] as const
export const exportColumn = z.union([z.enum(fixedColumns), z.templateLiteral(['fields.', z.string().min(1).max(63)])])
export type ExportColumn = z.infer<typeof exportColumn>
export const exportFormat = z.enum(['csv', 'xlsx'])
export type ExportFormat = z.infer<typeof exportFormat>

export const newExport = z.strictObject({
  selection,
  columns: z.array(exportColumn).min(1).max(500),
  format: exportFormat.default('csv'),
  /** Opted-out contacts too, with a masked address; without it they are left out and counted (LW-6). */
  includeOptedOut: z.boolean().default(false),
})
export type NewExport = z.infer<typeof newExport>

export const contactExport = z
  .object({
    id: idText,
    /** expired: it was done, and its file is not kept any more. */
    status: z.enum(['queued', 'running', 'done', 'failed', 'cancelled', 'expired']),
    progress: z.object({ done: z.int(), total: z.int().nullable() }),
    format: exportFormat,
    fileName: z.string(),
    /** Contacts in the file; null until it is done. */
    rows: z.int().nullable(),
    /** Opted-out contacts that are not in it. */
    optedOut: z.int().nullable(),
    /** Bytes. */
    size: z.int().nullable(),
    problem: z.string().nullable(),
    startedBy: z.string().nullable(),
    createdAt: time,
    /** The file is deleted then. */
    expiresAt: time.nullable(),
  })
  .meta({ id: 'Export' })
export type ContactExport = z.infer<typeof contactExport>
export const contactExports = pageOf(contactExport)
export const exportsQuery = z.strictObject(pageQuery)
