import { unescapeXlsx, type XmlHandlers } from './xlsx-xml.ts'

const BLOCK_BYTES = 1024 * 1024

/** The strings that the cells of a workbook share, outside JavaScript's heap: a million of them stay small. */
export class StringTable {
  #blocks: Buffer[] = []
  #used = BLOCK_BYTES
  /** Of each string: its block, and where it begins and ends there. */
  #places = new Uint32Array(3 * 1024)
  #count = 0

  add(text: string): void {
    const bytes = Buffer.from(text)
    if (this.#used + bytes.length > BLOCK_BYTES) {
      this.#blocks.push(Buffer.allocUnsafe(Math.max(BLOCK_BYTES, bytes.length)))
      this.#used = 0
    }
    bytes.copy(this.#blocks.at(-1) ?? bytes, this.#used)
    if (3 * this.#count === this.#places.length) {
      const larger = new Uint32Array(2 * this.#places.length)
      larger.set(this.#places)
      this.#places = larger
    }
    this.#places.set([this.#blocks.length - 1, this.#used, this.#used + bytes.length], 3 * this.#count++)
    this.#used += bytes.length
  }

  /** The string with this number, or nothing when there is none. */
  at(index: number): string {
    if (!(index >= 0 && index < this.#count)) return ''
    const [block = 0, from = 0, to = 0] = this.#places.subarray(3 * index, 3 * index + 3)
    return this.#blocks[block]?.toString('utf8', from, to) ?? ''
  }
}

/** Fills a table from xl/sharedStrings.xml; rich text is joined, phonetic hints are left out. */
export function sharedStrings(table: StringTable): XmlHandlers {
  let text = ''
  let isInText = false
  let hints = 0
  return {
    open(name) {
      if (name === 'si') text = ''
      else if (name === 'rPh') hints++
      else if (name === 't') isInText = hints === 0
    },
    text(piece) {
      if (isInText) text += piece
    },
    close(name) {
      if (name === 'si') table.add(unescapeXlsx(text))
      else if (name === 'rPh') hints--
      else if (name === 't') isInText = false
    },
  }
}
