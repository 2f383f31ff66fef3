import { z } from 'zod'
import { fieldType } from './field.contract.ts'
import { importColumn, importTool, unknownWord } from './import.contract.ts'

const target = z.union([
  z.object({ kind: z.literal('address') }),
  z.object({ kind: z.literal('opt_out') }),
  z.object({ kind: z.literal('field'), name: z.string() }),
  z.null(),
])

/** What imports.file holds: where the upload lies, how it is read and, once the import is started, what for. */
export const storedFile = z.object({
  /** Generated name in DATA_DIR/uploads; null once the file is deleted. */
  path: z.string().nullable(),
  size: z.int(),
  sha256: z.string(),
  kind: z.enum(['csv', 'xlsx']).default('csv'),
  /** Of a workbook: its sheets, and the one that is read. */
  sheets: z.array(z.object({ name: z.string(), hidden: z.boolean() })).default([]),
  sheet: z.string().nullable().default(null),
  /** The encoding was not guessed. */
  sure: z.boolean().default(true),
  tool: importTool.nullable().default(null),
  /** Words in the opt-out column that nobody knows, with how many rows have them. */
  unknownWords: z.array(unknownWord).default([]),
  encoding: z.string(),
  isDamaged: z.boolean(),
  shape: z.object({
    delimiter: z.string(),
    firstLine: z.int(),
    skip: z.int(),
    hasHeader: z.boolean(),
    columns: z.array(z.string()),
  }),
  columns: z.array(importColumn),
  targets: z.array(target).default([]),
  newFields: z.array(z.object({ name: z.string(), label: z.string(), type: fieldType.default('short') })).default([]),
  lastLine: z.int().default(0),
  /** Ledger entry of the opt-outs in this file. */
  optOutEntry: z.string().nullable().default(null),
  /** Chosen groups, and new ones once they are made. */
  groupIds: z.array(z.string()).default([]),
  /** Of those, the ones that this import made; and the names of the fields that it made. */
  madeGroupIds: z.array(z.string()).default([]),
  madeFields: z.array(z.string()).default([]),
})
export type StoredFile = z.infer<typeof storedFile>
