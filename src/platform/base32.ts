const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'

/** Bytes as [a-z2-7] (RFC 4648 §6 in lower case, without padding): survives relays that change letter case. */
export function base32(bytes: Buffer): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += ALPHABET[(value >>> bits) & 31]
    }
  }
  return bits > 0 ? text + ALPHABET[(value << (5 - bits)) & 31] : text
}

/** The bytes of a text that base32 made of `length` bytes, in any letter case; null for every other text. */
export function fromBase32(given: string, length: number): Buffer | null {
  const text = given.toLowerCase()
  if (text.length !== Math.ceil((length * 8) / 5) || !/^[a-z2-7]+$/.test(text)) return null
  const bytes: number[] = []
  let bits = 0
  let value = 0
  for (const letter of text) {
    value = ((value << 5) | ALPHABET.indexOf(letter)) & 0xfff
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes.push((value >>> bits) & 255)
  }
  const decoded = Buffer.from(bytes)
  return base32(decoded) === text ? decoded : null
}
