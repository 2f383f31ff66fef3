import { z } from 'zod'
import { line } from '../accounts/account.contract.ts'
import { idText, pageOf, pageQuery, time } from '../platform/page.contract.ts'
import { fieldType } from './field.contract.ts'
import { groupName } from './group.contract.ts'

export const importMode = z.enum(['add_and_update', 'add_only', 'update_only'])
export type ImportMode = z.infer<typeof importMode>

/**
 * Where a column goes: `address`, a field's name (`first_name`), `opt_out` (rows that say yes are opted out),
 * `new:Label` (a new field) or `` (left out). Columns that are not named are guessed from their headers.
 */
export const columnMapping = z.record(line(500), line(100))

/**
 * Why one may write to the people of a file (LW-8). Operators state it before anything is written; a program with an API
 * key may leave it out, and then “not stated” is what the record of each contact says.
 */
export const importBasis = z.strictObject({
  kind: z.enum(['signed_up', 'customers', 'asked_in_person', 'other']),
  /** Where and when, in the importer's words. */
  note: z.string().max(1000).default(''),
})
export type ImportBasis = z.infer<typeof importBasis>

export const importOptions = z.strictObject({
  mode: importMode.default('add_and_update'),
  groupIds: z.array(idText).max(1000).default([]),
  newGroups: z.array(groupName).max(100).default([]),
  mapping: columnMapping.default({}),
  /**
   * Everybody in the file is opted out; nobody is added as a contact. It has to be said for a file that another program
   * made of people who left (`file.tool`); for every other file it is false when it is left out.
   */
  asOptOuts: z.boolean().optional(),
  /** What words in the opt-out column mean that nobody knows; until then their rows are not imported (IM-6). */
  statusWords: z.record(z.string().max(100), z.enum(['opt_out', 'not'])).default({}),
  /** Works out the counts and writes nothing. */
  dryRun: z.boolean().default(false),
  emptyCells: z.enum(['keep', 'clear']).default('keep'),
  /** Of no meaning for a file of opt-outs. */
  basis: importBasis.nullable().default(null),
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

/**
 * More about the rows, for a check as for an import. They are among the counts, not beside them: optedOutBefore +
 * optedOutByFile = optedOut, samePerson = held, notAdded + notUpdated and what is really unchanged = unchanged.
 */
export const importNotes = z.object({
  /** Were out already and stay so. */
  optedOutBefore: z.int(),
  /** Are out because this file says so. */
  optedOutByFile: z.int(),
  /** Addresses like abuse@ (AB-10). */
  role: z.int(),
  /** Possibly the same person as somebody who opted out: held (AB-22). */
  samePerson: z.int(),
  /** Archived contacts that come back. */
  restored: z.int(),
  /** Taken, but without a value that its field does not allow. */
  withoutValue: z.int(),
  /** Not in the audience, and the import only updates. */
  notAdded: z.int(),
  /** In the audience, and the import only adds. */
  notUpdated: z.int(),
})
export type ImportNotes = z.infer<typeof importNotes>

/** What undoing an import does, or did. */
export const importUndoResult = z
  .object({
    /** Contacts that it added, or brought back from the archive, and that go to the archive; opted-out ones too. */
    archived: z.int(),
    /** Contacts that get former details back; a detail that was changed since keeps what it is. */
    rolledBack: z.int(),
    /** Memberships of groups that it made and that are taken back. */
    leftGroups: z.int(),
    /** Contacts that stay as they are: opted out since (details are locked), edited by hand or changed by a later import. */
    leftAlone: z.int(),
    /** Opt-outs that the file brought; they stay, always. */
    optedOutKept: z.int(),
  })
  .meta({ id: 'ImportUndoResult' })
export type ImportUndoResult = z.infer<typeof importUndoResult>

export const importUndo = z.object({
  status: z.enum(['queued', 'running', 'done', 'failed']),
  at: time,
  by: z.string().nullable(),
  /** Null until it is done. */
  result: importUndoResult.nullable(),
})

export const importColumn = z.object({
  name: z.string(),
  samples: z.array(z.string()),
  /** Guess in the words of columnMapping. */
  guess: z.string(),
  guessedBy: z.enum(['name', 'values', 'none']),
  /** Type of a field that is made for it; a short text when it is left out. */
  newType: fieldType.optional(),
})

/** The program whose export the file is; `says`: who in it opted out. */
export const importTool = z.object({
  name: z.string(),
  says: z.enum(['column', 'everybody', 'nobody']),
  column: z.string().nullable(),
  /** What it is and what that means, for people. */
  text: z.string(),
})
export const unknownWord = z.object({ word: z.string(), rows: z.int() })

export const importFile = z.object({
  kind: z.enum(['csv', 'xlsx']),
  size: z.int(),
  encoding: z.string(),
  /** False when the encoding is a guess: look at the samples. */
  sure: z.boolean(),
  delimiter: z.string(),
  hasHeader: z.boolean(),
  /** Of a workbook; one of them is read. */
  sheets: z.array(z.object({ name: z.string(), hidden: z.boolean() })),
  sheet: z.string().nullable(),
  tool: importTool.nullable(),
  /** After the check: words in the opt-out column that cannot be told; `options.statusWords` answers them. */
  unknownWords: z.array(unknownWord),
  columns: z.array(importColumn),
})

/** How the file is to be read, when the first look was wrong. What is left out is found out again. */
export const importReading = z.strictObject({
  sheet: z.string().max(200).optional(),
  encoding: z.string().max(40).optional(),
  delimiter: z.enum([',', ';', '\t', '|']).optional(),
  hasHeader: z.boolean().optional(),
})
export type ImportReading = z.infer<typeof importReading>

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
    notes: importNotes,
    options: importOptions.nullable(),
    file: importFile,
    groups: z.array(z.object({ id: idText, name: z.string() })),
    /** What stopped it; what was written before that is in the counts and can be undone, or gone on with (`resume`). */
    problem: z.object({ code: z.string(), message: z.string() }).nullable(),
    /** True when it failed after rows were written: POST /imports/{id}/resume goes on from there. */
    resumable: z.boolean(),
    /** Null while nobody asked for it. */
    undo: importUndo.nullable(),
    /** Until then it can be undone (POST /imports/{id}/undo); null when it cannot, or not any more. */
    undoableUntil: time.nullable(),
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
/** Remarks on a row beside its outcome, in the words of importNotes. */
export const importNote = z.enum([
  'opted_out_before',
  'opted_out_by_file',
  'role',
  'same_person',
  'restored',
  'without_value',
])
export type ImportNote = z.infer<typeof importNote>
export const importRow = z
  .object({
    line: z.int(),
    address: z.string(),
    outcome: importOutcome,
    reason: z.string().nullable(),
    notes: z.array(importNote),
  })
  .meta({ id: 'ImportRow' })
export type ImportRow = z.infer<typeof importRow>
export const importRows = pageOf(importRow)
/** `outcome=rejected` are the rows that are not imported and can be mended: invalid and skipped. */
const rowsQuery = { outcome: z.enum([...importOutcome.options, 'rejected']).optional(), note: importNote.optional() }
export const importRowsQuery = z.strictObject({ ...pageQuery, ...rowsQuery })
export const importRowsFileQuery = z.strictObject(rowsQuery)
