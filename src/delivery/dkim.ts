import { createHash, createPrivateKey, type KeyObject, sign as signBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import type { Dkim } from '../platform/config.ts'

/** Gives the message with a DKIM-Signature header before it. */
export type Signer = (raw: Buffer, at: Date) => Promise<Buffer>

// Listed once more than they occur, so that nobody on the way can add another one (OC-5, RFC 6376 §5.4.2).
const OVERSIGNED = ['from', 'subject', 'to', 'date', 'reply-to', 'list-unsubscribe', 'list-unsubscribe-post']
const SIGNED = ['list-id', 'feedback-id', 'message-id', 'mime-version', 'content-type']

const signAsync = promisify(
  (data: Buffer, key: KeyObject, done: (error: Error | null, signature: Buffer) => void) =>
    signBytes('sha256', data, key, done), // with a callback the work is done outside the main thread
)

/**
 * Reads the private key and gives the signer: rsa-sha256, relaxed/relaxed, no l= (AU-1, OC-4, OC-5).
 *
 * @throws Error that says what is wrong with the key
 */
export function openSigner(dkim: Dkim): Signer {
  let key: KeyObject
  try {
    key = createPrivateKey(readFileSync(dkim.keyFile))
  } catch (error) {
    throw new Error(`DKIM_KEY_FILE: ${dkim.keyFile} holds no private key that can be read.`, { cause: error })
  }
  if (key.asymmetricKeyType !== 'rsa' || (key.asymmetricKeyDetails?.modulusLength ?? 0) < 1024)
    throw new Error(`DKIM_KEY_FILE: ${dkim.keyFile} must be an RSA key of at least 1024 bits; 2048 is usual.`)
  return (raw, at) => signMessage(raw, at, dkim, key)
}

async function signMessage(raw: Buffer, at: Date, dkim: Dkim, key: KeyObject): Promise<Buffer> {
  const end = raw.indexOf('\r\n\r\n')
  const headers = readHeaders(raw.subarray(0, end < 0 ? raw.length : end + 2).toString('latin1'))
  const names = namesToSign(headers)
  const bodyHash = createHash('sha256')
    .update(relaxedBody(end < 0 ? Buffer.alloc(0) : raw.subarray(end + 4)))
    .digest('base64')
  const unsigned = signatureHeader(dkim, names, Math.floor(at.getTime() / 1000), bodyHash)
  const signed = [...pick(headers, names), relaxedHeader(unsigned)].join('\r\n')
  const signature = await signAsync(Buffer.from(signed, 'latin1'), key)
  const folded = signature.toString('base64').replace(/.{72}(?=.)/g, '$&\r\n\t')
  return Buffer.concat([Buffer.from(`${unsigned}${folded}\r\n`, 'latin1'), raw])
}

function signatureHeader(dkim: Dkim, names: string[], seconds: number, bodyHash: string): string {
  const lines = [
    'DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;',
    `d=${dkim.domain}; s=${dkim.selector}; t=${seconds};`,
    ...wrapped(names),
    `bh=${bodyHash};`,
    'b=',
  ]
  return lines.join('\r\n\t')
}

/** `h=` in lines of at most 76 characters, broken after a colon. */
function wrapped(names: string[]): string[] {
  const lines: string[] = []
  let line = 'h='
  for (const [index, name] of names.entries()) {
    const piece = index === names.length - 1 ? `${name};` : `${name}:`
    if (line.length + piece.length > 75) {
      lines.push(line)
      line = ''
    }
    line += piece
  }
  return [...lines, line]
}

type Header = { name: string; whole: string }

function readHeaders(block: string): Header[] {
  return block
    .split(/\r\n(?![ \t])/)
    .filter(Boolean)
    .map((whole) => ({ name: whole.slice(0, whole.indexOf(':')).trim().toLowerCase(), whole }))
}

function namesToSign(headers: Header[]): string[] {
  const count = (name: string) => headers.filter((header) => header.name === name).length
  const times = (name: string, number: number) => Array.from({ length: number }, () => name)
  return [
    ...OVERSIGNED.flatMap((name) => times(name, count(name) + 1)),
    ...SIGNED.flatMap((name) => times(name, count(name))),
  ]
}

/** Fields in the order of `names`, each name from the last field upwards; a name too many is the empty string (§5.4.2). */
function pick(headers: Header[], names: string[]): string[] {
  const left = new Map<string, Header[]>()
  for (const header of headers) left.set(header.name, [...(left.get(header.name) ?? []), header])
  return names.flatMap((name) => {
    const field = left.get(name)?.pop()
    return field ? [relaxedHeader(field.whole)] : []
  })
}

/** RFC 6376 §3.4.2. */
function relaxedHeader(whole: string): string {
  const colon = whole.indexOf(':')
  const value = whole
    .slice(colon + 1)
    .replace(/\r\n/g, '')
    .replace(/[ \t]+/g, ' ')
    .trim()
  return `${whole.slice(0, colon).trim().toLowerCase()}:${value}`
}

/** RFC 6376 §3.4.4. Ours has no blanks to fold as a rule, and looking for them is much quicker than folding. */
function relaxedBody(body: Buffer): Buffer {
  const hasBlanks = body.includes('  ') || body.includes('\t') || body.includes(' \r\n') || body.at(-1) === SPACE
  const folded = hasBlanks
    ? Buffer.from(
        body
          .toString('latin1')
          .replace(/[ \t]+/g, ' ')
          .replace(/ (?=\r\n|$)/g, ''),
        'latin1',
      )
    : body
  let end = folded.length
  while (end >= 2 && folded[end - 2] === CR && folded[end - 1] === LF) end -= 2
  if (end === 0) return Buffer.alloc(0)
  return end <= folded.length - 2 ? folded.subarray(0, end + 2) : Buffer.concat([folded, Buffer.from('\r\n')])
}

const SPACE = 0x20
const CR = 0x0d
const LF = 0x0a
