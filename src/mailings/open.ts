import PostalMime from 'postal-mime'
import type { RenderedMessage } from './fill.ts'

/** A finished message as a mail program reads it. */
export type OpenedMessage = {
  subject: string
  html: string
  text: string
  /** Header lines by lower-case name. */
  headers: Map<string, string[]>
  headerBytes: number
}

/** Reads a rendered message back from its bytes: what is checked and shown is what is sent. */
export async function openMessage({ raw, subject }: RenderedMessage): Promise<OpenedMessage> {
  const mail = await PostalMime.parse(raw)
  const headers = new Map<string, string[]>()
  for (const { key, value } of mail.headers) headers.set(key, [...(headers.get(key) ?? []), value])
  return {
    subject,
    html: mail.html ?? '',
    text: mail.text ?? '',
    headers,
    headerBytes: Math.max(0, raw.indexOf('\r\n\r\n')),
  }
}
