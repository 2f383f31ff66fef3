import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Core } from '../platform/core.ts'
import { rows, sql } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import type { AudienceErrorCode } from './errors.ts'
import type { ImportReading } from './import.contract.ts'
import { guessColumns, type KnownField } from './import-columns.ts'
import { isEncoding, textDecoder } from './import-decode.ts'
import { type StoredFile, storedFile } from './import-file.ts'
import { inspectCsv } from './import-inspect.ts'
import { inspectXlsx } from './import-sheet.ts'
import { surveyText } from './import-text.ts'
import { recogniseTool } from './import-tools.ts'

export const MOST_BYTES = 500 * 1024 * 1024
const INSPECTED_BYTES = 1024 * 1024

export type Upload = Pick<StoredFile, 'path' | 'size' | 'sha256' | 'encoding' | 'isDamaged' | 'kind' | 'sure'>

/**
 * Keeps a file that arrives, under a generated name outside the web root (IM-11), and finds out how it is encoded.
 *
 * @throws DomainError import.too_large, import.unreadable; nothing of the file stays then
 */
export async function keepUpload(core: Core, stream: Readable, mostBytes = MOST_BYTES): Promise<Upload> {
  const folder = join(core.config.dataDir, 'uploads')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const name = randomUUID()
  const survey = surveyText()
  let size = 0
  const look = new Transform({
    transform(bytes: Buffer, _encoding, done) {
      size += bytes.length
      try {
        if (size > mostBytes)
          throw new DomainError<AudienceErrorCode>(
            'import.too_large',
            `This file has more than ${Math.floor(mostBytes / 1024 / 1024)} MB. Split it and import the parts one after the other.`,
          )
        survey.push(bytes)
        done(null, bytes)
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)))
      }
    },
  })
  try {
    await pipeline(stream, look, createWriteStream(join(folder, name), { flags: 'wx', mode: 0o600 }))
    return { path: name, ...survey.finish() }
  } catch (error) {
    await rm(join(folder, name), { force: true })
    if (error instanceof DomainError || !isInterruption(error)) throw error
    throw new DomainError<AudienceErrorCode>(
      'import.unreadable',
      'The file stopped arriving. Nothing was imported. Choose the file again to go on.',
      { cause: error },
    )
  }
}

/**
 * Reads the beginning of a kept file: sheet, delimiter, columns, first values and where each column probably goes.
 *
 * @param reading what the operator says about it, when the first look was wrong
 * @throws DomainError import.unreadable when there is nobody in it or it cannot be read
 */
export async function inspectUpload(
  core: Core,
  accountId: string,
  upload: Upload,
  reading: ImportReading = {},
): Promise<StoredFile> {
  const look =
    upload.kind === 'xlsx' ? await lookAtSheet(core, upload, reading) : await lookAtText(core, upload, reading)
  const { rows: first, shape } = look
  const tool = recogniseTool(shape.columns, shape.hasHeader)
  const columns = guessColumns(shape.columns, first.slice(0, 1000), await knownFields(core, accountId), tool)
  return storedFile.parse({ ...upload, ...look, columns, tool })
}

async function lookAtSheet(core: Core, upload: Upload, { sheet, hasHeader }: ImportReading) {
  return inspectXlsx(uploadPath(core, upload.path ?? ''), sheet, hasHeader)
}

async function lookAtText(core: Core, upload: Upload, reading: ImportReading) {
  const encoding = reading.encoding ?? upload.encoding
  if (!isEncoding(encoding) && !encoding.startsWith('utf-'))
    throw new DomainError<AudienceErrorCode>('import.invalid', `There is no encoding “${encoding}”.`)
  const file = await open(uploadPath(core, upload.path ?? ''))
  try {
    const head = Buffer.alloc(Math.min(INSPECTED_BYTES, upload.size))
    const { bytesRead } = await file.read(head, 0, head.length, 0)
    const decoder = textDecoder(encoding)
    const isWhole = bytesRead === upload.size
    const text = decoder.push(head.subarray(0, bytesRead)) + (isWhole ? decoder.end() : '')
    const isChosen = reading.encoding !== undefined
    return {
      ...inspectCsv(text, isWhole, reading),
      encoding,
      sure: upload.sure || isChosen,
      isDamaged: isChosen ? encoding === 'utf-8' && upload.isDamaged : upload.isDamaged,
    }
  } finally {
    await file.close()
  }
}

export const uploadPath = (core: Core, name: string): string => join(core.config.dataDir, 'uploads', name)

/** Deletes an upload; people's data stays no longer than it is needed. */
export async function dropUpload(core: Core, file: Pick<StoredFile, 'path'>): Promise<void> {
  if (file.path !== null) await rm(uploadPath(core, file.path), { force: true })
}

export function knownFields({ db }: Pick<Core, 'db'>, accountId: string): Promise<KnownField[]> {
  return rows(
    db,
    sql<KnownField>`select name, label, archived_at is not null as "isArchived" from fields where account_id = ${accountId} order by position, field_id`,
  )
}

export const isInterruption = (error: unknown) =>
  error instanceof Error &&
  (/unexpected end of multipart data/i.test(error.message) || ('code' in error && INTERRUPTED.has(String(error.code))))

const INTERRUPTED = new Set(['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'ABORT_ERR', 'FST_MP_PREMATURE_CLOSE'])
