import PostalMime from 'postal-mime'
import { DomainError } from '../platform/errors.ts'
import type { MailingErrorCode } from './errors.ts'
import { fillMessage, type PreparedMailing, type Recipient, type RenderedMessage } from './fill.ts'

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

/**
 * Fills a mailing to be looked at, not sent: here a hidden way out is something to see, not a failure.
 *
 * @throws mailing.invalid when Liquid fails for this recipient
 */
export async function openFilled(prepared: PreparedMailing, recipient: Recipient, at: Date): Promise<OpenedMessage> {
  return openMessage(fillToLookAt(prepared, recipient, at))
}

function fillToLookAt(prepared: PreparedMailing, recipient: Recipient, at: Date): RenderedMessage {
  try {
    return fillMessage({ ...prepared, recheck: false }, recipient, at)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new DomainError<MailingErrorCode>('mailing.invalid', `This mailing cannot be filled in: ${reason}.`, {
      cause: error,
    })
  }
}
