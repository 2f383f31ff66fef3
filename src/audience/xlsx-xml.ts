import { SaxesParser } from 'saxes'
import { broken, unreadable } from './xlsx-zip.ts'

export type XmlHandlers = {
  /** `name` is without its namespace's prefix: programs choose that freely. */
  open?: (name: string, attributes: Record<string, string>) => void
  text?: (text: string) => void
  close?: (name: string) => void
}

/**
 * Reads XML that arrives in pieces; document types, and with them entities of their own, are refused (IM-9).
 *
 * @throws DomainError import.unreadable from `push` and `end` when it is not well formed
 */
export function xmlReader({ open, text, close }: XmlHandlers) {
  const parser = new SaxesParser()
  const decoder = new TextDecoder('utf-8')
  parser.on('error', (error) => {
    throw broken(error)
  })
  parser.on('doctype', () => {
    throw unreadable(
      'This workbook holds instructions that are not followed. Save it with a spreadsheet program and choose that file.',
    )
  })
  if (open) parser.on('opentag', ({ name, attributes }) => open(localName(name), attributes))
  if (text) {
    parser.on('text', text)
    parser.on('cdata', text)
  }
  if (close) parser.on('closetag', ({ name }) => close(localName(name)))
  return {
    push: (bytes: Buffer) => void parser.write(decoder.decode(bytes, { stream: true })),
    end: () => void parser.write(decoder.decode()).close(),
  }
}

/** Reads a whole part at once. */
export async function readXml(pieces: AsyncGenerator<Buffer>, handlers: XmlHandlers): Promise<void> {
  const reader = xmlReader(handlers)
  for await (const piece of pieces) reader.push(piece)
  reader.end()
}

const localName = (name: string) => (name.includes(':') ? name.slice(name.indexOf(':') + 1) : name)

/** `_x000D_` stands for a character that XML cannot hold; `_x005F_` for an underscore that would look like that. */
export const unescapeXlsx = (text: string) =>
  text.includes('_x')
    ? text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    : text
