import { toASCII } from 'tr46'

/** Everything that must not reach a message from a value: controls but tab and line feed, and bidi overrides (MF-4, SE-5). */
const UNWANTED = /(?![\t\n])[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu
const PLAIN = /^[ -~]*$/

/** A merge value as it may stand in a body: no control characters but tab and line feed, no broken characters. */
export function cleanText(value: string): string {
  return PLAIN.test(value) ? value : value.toWellFormed().replace(UNWANTED, '')
}

/** A value as it may stand in a header: one line without any control character (SE-5). */
export function cleanLine(value: string): string {
  return PLAIN.test(value) ? value : cleanText(value).replace(/[\t\n]/g, '')
}

/**
 * Quoted-printable of `text`, beginning at the start of a line (RFC 2045 §6.7).
 *
 * Lines are at most 76 characters with their soft break; a line feed becomes CRLF. White space at the end of the whole
 * text stays as it is: what follows is a soft break or the caller's care.
 */
export function quotedPrintable(text: string): string {
  if (text.length < 76 && /^[ -<>-~]*$/.test(text)) return text
  const bytes = Buffer.from(text.replace(/\r\n?/g, '\n'), 'utf8')
  let encoded = ''
  let column = 0
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] ?? 0
    if (byte === LF) {
      encoded += '\r\n'
      column = 0
      continue
    }
    const blankAtEnd = (byte === SPACE || byte === TAB) && bytes[index + 1] === LF
    const mark = blankAtEnd ? hex(byte) : (MARKS[byte] ?? '')
    if (column + mark.length > 75) {
      encoded += '=\r\n'
      column = 0
    }
    encoded += mark
    column += mark.length
  }
  return encoded
}

/** The text of a quoted-printable body that this module encoded, with line feeds. */
export function fromQuotedPrintable(encoded: string): string {
  const joined = encoded.replace(/=\r\n/g, '').replaceAll('\r\n', '\n')
  if (!joined.includes('=')) return joined
  const bytes = joined.replace(/=([0-9A-F]{2})/g, (_, pair: string) => String.fromCharCode(Number.parseInt(pair, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

const LF = 10
const TAB = 9
const SPACE = 32
const hex = (byte: number) => `=${byte.toString(16).toUpperCase().padStart(2, '0')}`
const MARKS = Array.from({ length: 256 }, (_, byte) =>
  byte === TAB || (byte >= SPACE && byte <= 126 && byte !== 61) ? String.fromCharCode(byte) : hex(byte),
)

/**
 * A header line with free text, folded, with encoded-words where needed (RFC 2047 §2, §5; MF-3).
 *
 * @param name of the header, such as Subject
 */
export function textHeader(name: string, text: string): string {
  const clean = cleanLine(text)
  return `${name}: ${isPlainLine(clean, 76 - name.length - 2) ? clean : encodedWords(clean, name.length + 2)}\r\n`
}

/** A display name before an address: an atom, a quoted string or encoded-words; empty for none (RFC 5322 §3.4, MF-4). */
export function displayName(name: string, column: number): string {
  const clean = cleanLine(name).trim()
  if (clean === '') return ''
  if (/^[A-Za-z0-9]+( [A-Za-z0-9]+)*$/.test(clean) && clean.length < 50) return clean
  const quoted = `"${clean.replace(/["\\]/g, '\\$&')}"`
  return PLAIN.test(clean) && quoted.length < 60 && !clean.includes('=?') ? quoted : encodedWords(clean, column)
}

/** An address with its domain in A-label form (MF-8); its local part is never changed (MF-9). */
export function wireAddress(address: string): string {
  if (!/^[^\s<>()",;:\\@\p{Cc}]+@[^\s<>()",;:\\@\p{Cc}]+$/u.test(address)) throw new Error('this is not an address')
  if (PLAIN.test(address)) return address
  const at = address.lastIndexOf('@')
  const domain = toASCII(address.slice(at + 1))
  if (!domain || !PLAIN.test(domain)) throw new Error('this is not an address')
  return `${address.slice(0, at)}@${domain}`
}

const isPlainLine = (text: string, most: number) =>
  text.length <= most && /^([!-~]+( [!-~]+)*)?$/.test(text) && !text.includes('=?')

/** Each word holds whole characters, so that every one of them can be decoded alone. */
function encodedWords(text: string, column: number): string {
  const words: string[] = []
  let chunk: string[] = []
  let bytes = 0
  let most = Math.min(45, Math.floor((76 - column - 12) / 4) * 3)
  for (const character of text) {
    const size = Buffer.byteLength(character)
    if (bytes + size > most && chunk.length > 0) {
      words.push(chunk.join(''))
      chunk = []
      bytes = 0
      most = 45
    }
    chunk.push(character)
    bytes += size
  }
  words.push(chunk.join(''))
  return words.map((word) => `=?UTF-8?B?${Buffer.from(word).toString('base64')}?=`).join('\r\n ')
}
