import { createHash } from 'node:crypto'
import iconv from 'iconv-lite'
import jschardet from 'jschardet'
import { DomainError } from '../platform/errors.ts'
import type { AudienceErrorCode } from './errors.ts'

export type FileText = {
  /** Bytes. */
  size: number
  /** Hex; evidence for opt-outs that come from the file. */
  sha256: string
  encoding: string
  /** UTF-8 with places that are none: rows with such a place are reported, never guessed. */
  isDamaged: boolean
  /** A mark or valid UTF-8 says so; else it is a guess. */
  sure: boolean
  kind: 'csv' | 'xlsx'
}

const SAMPLE_BYTES = 256 * 1024

/**
 * Finds out how a file is encoded while it passes by, so that it is read once.
 *
 * A byte order mark decides, else valid UTF-8, else a few wrong places in UTF-8, else what jschardet is sure of, else
 * Windows-1252. Rule IM-2.
 * @throws DomainError import.unreadable when it is empty, a spreadsheet or otherwise no text
 */
export function surveyText() {
  const hash = createHash('sha256')
  const strict = new TextDecoder('utf-8', { fatal: true })
  const sample: Buffer[] = []
  let size = 0
  let marked: string | null = null
  let isUtf8 = true
  let beyondAscii = 0
  let sampled = 0

  let head = Buffer.alloc(0) // the first bytes, until there are enough to tell the kind of file
  let isTold = false
  let isZip = false

  function look(bytes: Buffer): void {
    if (isZip || marked?.startsWith('utf-16')) return
    if (bytes.includes(0)) throw unreadable('This file is not text. Save it as CSV and choose it again.')
    if (isUtf8) {
      const characters = decodeStrictly(strict, bytes)
      if (characters === null) isUtf8 = false
      else beyondAscii += bytes.length - characters
    }
    if (!isUtf8 && sampled < SAMPLE_BYTES) {
      sample.push(Buffer.from(bytes))
      sampled += bytes.length
    }
  }

  function tellKind(): void {
    isTold = true
    refuseOtherKinds(head)
    isZip = head.subarray(0, 4).toString('latin1') === 'PK\x03\x04'
    marked = markOf(head)
    look(head)
  }

  return {
    push(bytes: Buffer): void {
      size += bytes.length
      hash.update(bytes)
      if (isTold) return look(bytes)
      head = Buffer.concat([head, bytes])
      if (head.length >= 4) tellKind()
    },

    finish(): FileText {
      if (size === 0) throw unreadable('This file is empty.')
      if (!isTold) tellKind()
      if (isUtf8 && !marked?.startsWith('utf-16') && decodeStrictly(strict) === null) isUtf8 = false
      const sha256 = hash.digest('hex')
      const file = { size, sha256, kind: 'csv', sure: true } as const
      if (isZip) return { ...file, kind: 'xlsx', encoding: 'utf-8', isDamaged: false }
      if (marked) return { ...file, encoding: marked, isDamaged: marked === 'utf-8' && !isUtf8 }
      if (isUtf8) return { ...file, encoding: 'utf-8', isDamaged: false }
      return { ...file, sure: false, ...guessEncoding(Buffer.concat(sample), beyondAscii) }
    },
  }
}

function guessEncoding(sample: Buffer, validBefore: number): Pick<FileText, 'encoding' | 'isDamaged'> {
  const text = new TextDecoder('utf-8').decode(sample)
  const broken = text.match(/\ufffd/g)?.length ?? 0
  const whole = validBefore + (text.match(/[\u0080-\ufffc]/g)?.length ?? 0)
  if (whole > 10 * broken) return { encoding: 'utf-8', isDamaged: true }
  const linesBeyondAscii = sample
    .toString('latin1')
    .split(/\r\n|\n|\r/)
    .filter((line) => /[\x80-\xff]/.test(line))
    .join('\n')
  const { encoding, confidence } = jschardet.detect(Buffer.from(linesBeyondAscii, 'latin1'))
  const isSure =
    encoding !== null && confidence >= 0.9 && iconv.encodingExists(encoding) && !/^(ascii|utf)/i.test(encoding)
  return { encoding: isSure ? encoding.toLowerCase() : 'windows-1252', isDamaged: false }
}

function decodeStrictly(decoder: TextDecoder, bytes?: Buffer): number | null {
  try {
    return bytes ? decoder.decode(bytes, { stream: true }).length : decoder.decode().length
  } catch {
    return null
  }
}

function markOf(bytes: Buffer): string | null {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8'
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  return null
}

function refuseOtherKinds(bytes: Buffer): void {
  const start = bytes.subarray(0, 4).toString('latin1')
  if (start === '\xd0\xcf\x11\xe0')
    throw unreadable(
      'This looks like an old spreadsheet (.xls), or one with a password. Save it as .xlsx or CSV and choose that file.',
    )
  if (start === '%PDF') throw unreadable('This is a PDF. Save the list as CSV and choose that file.')
  if (start.startsWith('\x1f\x8b')) throw unreadable('This file is compressed. Unpack it and choose the CSV file.')
}

const unreadable = (message: string) => new DomainError<AudienceErrorCode>('import.unreadable', message)
