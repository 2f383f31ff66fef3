// Apart from the guessing of encodings, whose tables the thread that reads a file does not need.
import iconv from 'iconv-lite'

/** Turns bytes that arrive in pieces into text; a byte order mark is left out, what cannot be read becomes U+FFFD. */
export function textDecoder(encoding: string) {
  if (encoding.startsWith('utf-')) {
    const decoder = new TextDecoder(encoding)
    return {
      push: (bytes: Buffer): string => decoder.decode(bytes, { stream: true }),
      end: (): string => decoder.decode(),
    }
  }
  const decoder = iconv.getDecoder(encoding)
  return { push: (bytes: Buffer): string => decoder.write(bytes), end: (): string => decoder.end() ?? '' }
}

/** Encodings that an operator can choose when the guess is wrong (IM-2). */
export const isEncoding = (name: string) => iconv.encodingExists(name)
