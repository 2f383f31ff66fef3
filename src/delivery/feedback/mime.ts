import iconv from 'iconv-lite'

export type Header = { name: string; value: string }

/** A part that holds no other parts. `text` is decoded; binary parts have none. A mail without parts is one, without headers. */
export type Part = { type: string; headers: Header[]; text: string }

export type Mail = { headers: Header[]; type: string; parameters: Map<string, string>; parts: Part[] }

/** More is never read: what matters of a returned mail stands at its beginning (BN-15). */
export const LARGEST = 10 * 1024 * 1024
const DEEPEST = 8
const MOST_PARTS = 100
const MOST_HEADERS = 1000
const LONGEST_TEXT = 512 * 1024

/**
 * Takes a mail apart whatever its line ends are (CRLF, LF, CR) and however broken it is. Never throws.
 *
 * Enclosed messages stay whole as parts of type message/rfc822. Bounded in bytes, depth, parts, headers (BN-15).
 */
export function readMail(raw: Buffer): Mail {
  const whole = raw
    .subarray(0, LARGEST)
    .toString('latin1')
    .replace(/\r\n?/g, '\n')
    .replace(/^(?:\s*\n)+/, '')
  const { headers, body } = splitHeaders(whole.replace(/^>?From .*\n/, ''))
  const { type, parameters } = contentType(headerOf(headers, 'content-type'))
  const parts: Part[] = []
  walk({ headers, body, depth: 0 }, parts)
  return { headers: headers.map(readable), type, parameters, parts }
}

export const headerOf = (headers: Header[], name: string): string =>
  headers.find((header) => header.name === name)?.value ?? ''

/** The header fields at the beginning of a text, unfolded, with names in lower case. */
export function splitHeaders(text: string): { headers: Header[]; body: string } {
  const headers: Header[] = []
  let at = 0
  while (at < text.length && headers.length < MOST_HEADERS) {
    const end = text.indexOf('\n', at)
    const line = end < 0 ? text.slice(at) : text.slice(at, end)
    const next = end < 0 ? text.length : end + 1
    if (line.trim() === '') return { headers, body: text.slice(next) }
    const last = headers.at(-1)
    if (/^[ \t]/.test(line) && last) last.value = `${last.value} ${line.trim()}`.slice(0, 20_000)
    else {
      const [, name, value] = /^([!-9;-~]{1,200})[ \t]*:(.*)$/s.exec(line) ?? []
      if (!name) return { headers, body: text.slice(at) }
      headers.push({ name: name.toLowerCase(), value: (value ?? '').trim().slice(0, 20_000) })
    }
    at = next
  }
  return { headers, body: text.slice(at) }
}

export const readable = ({ name, value }: Header): Header => ({ name, value: decodeWords(value) })

type Entity = { headers: Header[]; body: string; depth: number }

function walk({ headers, body, depth }: Entity, parts: Part[]) {
  if (parts.length >= MOST_PARTS) return
  const { type, parameters } = contentType(headerOf(headers, 'content-type'))
  const boundary = parameters.get('boundary')
  const pieces = type.startsWith('multipart/') && boundary && depth < DEEPEST ? split(body, boundary) : []
  for (const piece of pieces) walk({ ...splitHeaders(piece), depth: depth + 1 }, parts)
  if (pieces.length > 0) return
  const isText = /^(?:text|message)\//.test(type) || type.startsWith('multipart/')
  const bytes = decodeTransfer(body.slice(0, LONGEST_TEXT), headerOf(headers, 'content-transfer-encoding'))
  const text = isText ? decodeText(bytes, parameters.get('charset') ?? '') : ''
  parts.push({
    type: type.startsWith('multipart/') ? 'text/plain' : type,
    headers: depth > 0 ? headers.map(readable) : [],
    text,
  })
}

/** The pieces between the boundary lines; one that ends early is taken to the end. */
function split(body: string, boundary: string): string[] {
  const pieces: string[] = []
  const mark = `\n--${boundary}`
  const text = `\n${body}`
  let at = text.indexOf(mark)
  while (at >= 0 && pieces.length < MOST_PARTS) {
    const lineEnd = text.indexOf('\n', at + mark.length)
    if (text.startsWith('--', at + mark.length) || lineEnd < 0) break
    const next = text.indexOf(mark, lineEnd)
    pieces.push(text.slice(lineEnd + 1, next < 0 ? undefined : next))
    at = next
  }
  return pieces
}

function contentType(value: string): { type: string; parameters: Map<string, string> } {
  const type = (/^\s*([\w.+-]{1,60}\/[\w.+-]{1,100})/.exec(value)?.[1] ?? 'text/plain').toLowerCase()
  const found = value.matchAll(/;\s*([\w*-]{1,40})\s*=\s*(?:"([^"]{0,500})"|([^\s;]{1,500}))/g)
  const parameters = new Map<string, string>()
  for (const [, name = '', quoted, bare] of found) parameters.set(name.toLowerCase(), quoted ?? bare ?? '')
  return { type, parameters }
}

function decodeTransfer(body: string, encoding: string): Buffer {
  switch (encoding.trim().toLowerCase()) {
    case 'base64':
      return Buffer.from(body, 'base64')
    case 'quoted-printable':
      return Buffer.from(unquote(body.replace(/[ \t]+\n/g, '\n').replace(/=\n/g, '')), 'latin1')
    default:
      return Buffer.from(body, 'latin1')
  }
}

const unquote = (text: string) =>
  text.replace(/=([0-9A-Fa-f]{2})/g, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

/** Text of bytes in the charset that is named, else UTF-8, else Latin-1. */
function decodeText(bytes: Buffer, charset: string): string {
  const named = charset.trim().toLowerCase()
  const text = decodeAs(bytes, named) ?? decodeAs(bytes, 'utf-8') ?? bytes.toString('latin1')
  return text.replace(/\r\n?/g, '\n').replaceAll('\0', '').toWellFormed()
}

function decodeAs(bytes: Buffer, charset: string): string | null {
  if (['', 'us-ascii', 'utf-8', 'utf8'].includes(charset) && bytes.includes('\x1b$'))
    return decodeAs(bytes, 'iso-2022-jp')
  try {
    return new TextDecoder(charset === 'us-ascii' || charset === '' ? 'utf-8' : charset, { fatal: true }).decode(bytes)
  } catch {
    return iconv.encodingExists(charset) && !charset.startsWith('utf') ? iconv.decode(bytes, charset) : null
  }
}

/** Encoded words of a header (RFC 2047) as text. */
function decodeWords(value: string): string {
  const joined = value.replace(/(\?=)[ \t]+(=\?)/g, '$1$2')
  const decoded = joined.replace(
    /=\?([\w-]{1,40})(?:\*[\w-]{1,20})?\?([BbQq])\?([^?]{0,2000})\?=/g,
    (_whole, charset: string, kind: string, text: string) =>
      decodeText(
        kind.toUpperCase() === 'B'
          ? Buffer.from(text, 'base64')
          : Buffer.from(unquote(text.replaceAll('_', ' ')), 'latin1'),
        charset,
      ),
  )
  return decoded === joined ? decodeText(Buffer.from(value, 'latin1'), 'utf-8') : decoded
}
