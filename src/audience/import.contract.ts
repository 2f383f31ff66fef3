import { z } from 'zod'
import { line } from '../accounts/account.contract.ts'
import { idText, pageOf, pageQuery, time } from '../platform/page.contract.ts'
import { groupName } from './group.contract.ts'

export const importMode = z.enum(['add_and_update', 'add_only', 'update_only'])
export type ImportMode = z.infer<typeof importMode>

/**
 * Where a column goes: `address`, a field's name (`first_name`), `opt_out` (rows that say yes are opted out),
 * `new:Label` (a new field) or `` (left out). Columns that are not named are guessed from their headers.
 */
export const columnMapping = z.record(line(500), line(100))

export const importOptions = z.strictObject({
  mode: importMode.default('add_and_update'),
  groupIds: z.array(idText).max(1000).default([]),
  newGroups: z.array(groupName).max(100).default([]),
  mapping: columnMapping.default({}),
  /** Everybody in the file is opted out; nobody is added as a contact. */
  asOptOuts: z.boolean().default(false),
  /** Works out the counts and writes nothing. */
  dryRun: z.boolean().default(false),
  emptyCells: z.enum(['keep', 'clear']).default('keep'),
})
export type ImportOptions = z.infer<typeof importOptions>

/** They add up: rows = the sum of all others. */
export const importCounts = z.object({
  rows: z.int(),
  added: z.int(),
  updated: z.int(),
  unchanged: z.int(),
  duplicates: z.int(),
  invalid: z.int(),
  optedOut: z.int(),
  held: z.int(),
})
export type ImportCounts = z.infer<typeof importCounts>

export const importColumn = z.object({
  name: z.string(),
  samples: z.array(z.string()),
  /** Guess in the words of columnMapping. */
  guess: z.string(),
  guessedBy: z.enum(['name', 'values', 'none']),
})

export const importFile = z.object({
  size: z.int(),
  encoding: z.string(),
  delimiter: z.string(),
  columns: z.array(importColumn),
})

/** Named Import in the API. */
export const audienceImport = z
  .object({
    id: idText,
    fileName: z.string(),
    status: z.enum(['uploaded', 'queued', 'running', 'done', 'failed', 'cancelled']),
    phase: z.enum(['upload', 'read', 'apply', 'done']),
    /** Share of the whole work that is done, 0 to 1. */
    progress: z.number(),
    counts: importCounts,
    options: importOptions.nullable(),
    file: importFile,
    groups: z.array(z.object({ id: idText, name: z.string() })),
    problem: z.object({ code: z.string(), message: z.string() }).nullable(),
    /** Cancelling is possible until rows are written. */
    cancellable: z.boolean(),
    startedBy: z.string().nullable(),
    createdAt: time,
    startedAt: time.nullable(),
    finishedAt: time.nullable(),
  })
  .meta({ id: 'Import' })
export type AudienceImport = z.infer<typeof audienceImport>
export const audienceImports = pageOf(audienceImport)
export const importsQuery = z.strictObject({ ...pageQuery })

export const importOutcome = z.enum([
  'added',
  'updated',
  'unchanged',
  'duplicate',
  'invalid',
  'opted_out',
  'held',
  'skipped',
])
export type ImportOutcome = z.infer<typeof importOutcome>
export const importRow = z
  .object({ line: z.int(), address: z.string(), outcome: importOutcome, reason: z.string().nullable() })
  .meta({ id: 'ImportRow' })
export type ImportRow = z.infer<typeof importRow>
export const importRows = pageOf(importRow)
export const importRowsQuery = z.strictObject({ ...pageQuery, outcome: importOutcome.optional() })
