import type { Readable } from 'node:stream'
import { type Entry, open, type ZipFile } from 'yauzl'
import { DomainError } from '../platform/errors.ts'
import type { AudienceErrorCode } from './errors.ts'

/** Beyond these nobody made the file by hand: it is a bomb, or too large for one import (IM-9). */
const MOST_ENTRIES = 10_000
const MOST_UNPACKED_BYTES = 2 * 1024 ** 3
const MOST_TIMES_SMALLER = 400
const SMALL_BYTES = 16 * 1024 ** 2

export type Archive = {
  has: (name: string) => boolean
  /** Bytes that the entry has when it is unpacked. */
  sizeOf: (name: string) => number
  /** The unpacked entry, piece by piece; yauzl ends it with an error when it is larger than it says. */
  read: (name: string) => AsyncGenerator<Buffer>
  close: () => void
}

/**
 * Opens the ZIP archive that a workbook is.
 *
 * @throws DomainError import.unreadable when it is broken, encrypted or unpacks to more than a workbook would (IM-9)
 */
export async function openArchive(path: string): Promise<Archive> {
  const zip = await opened(path)
  try {
    const entries = await entriesOf(zip)
    const entryOf = (name: string) => {
      const entry = entries.get(name.toLowerCase())
      if (!entry) throw broken()
      return entry
    }
    return {
      has: (name) => entries.has(name.toLowerCase()),
      sizeOf: (name) => entryOf(name).uncompressedSize,
      read: (name) => pieces(zip, entryOf(name)),
      close: () => zip.close(),
    }
  } catch (error) {
    zip.close()
    throw error
  }
}

function opened(path: string): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    open(path, { lazyEntries: true, autoClose: false }, (error, zip) => (error ? reject(broken(error)) : resolve(zip)))
  })
}

function entriesOf(zip: ZipFile): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>()
  let unpacked = 0
  return new Promise((resolve, reject) => {
    zip.on('error', (error) => reject(broken(error)))
    zip.on('end', () => resolve(entries))
    zip.on('entry', (entry: Entry) => {
      unpacked += entry.uncompressedSize
      const isBomb =
        entry.uncompressedSize > SMALL_BYTES && entry.uncompressedSize > MOST_TIMES_SMALLER * entry.compressedSize
      if (entry.isEncrypted())
        return reject(
          unreadable('This workbook is protected with a password. Save it without one and choose it again.'),
        )
      if (entries.size >= MOST_ENTRIES || unpacked > MOST_UNPACKED_BYTES || isBomb)
        return reject(
          unreadable('This workbook unpacks to more than can be imported at once. Save the sheet as CSV, or split it.'),
        )
      entries.set(entry.fileName.replace(/^\//, '').toLowerCase(), entry)
      zip.readEntry()
    })
    zip.readEntry()
  })
}

async function* pieces(zip: ZipFile, entry: Entry): AsyncGenerator<Buffer> {
  const stream = await new Promise<Readable>((resolve, reject) => {
    zip.openReadStream(entry, (error, opening) => (error ? reject(broken(error)) : resolve(opening)))
  })
  try {
    for await (const piece of stream) yield piece
  } catch (error) {
    throw error instanceof DomainError ? error : broken(error)
  }
}

export const unreadable = (message: string, cause?: unknown) =>
  new DomainError<AudienceErrorCode>('import.unreadable', message, { cause })
export const broken = (cause?: unknown) =>
  unreadable('This workbook is damaged or not complete. Open it, save it again and choose that file.', cause)
