import { headerOf, splitHeaders } from './mime.ts'
import type { ReturnOutcome } from './returned.ts'
import { addressIn } from './text.ts'

export type FeedbackReport = { recipients: string[]; type: string; outcome: ReturnOutcome }

/** Feedback types that are no complaint (CP-2): reports about authentication, and a reader who takes a complaint back. */
const NO_COMPLAINT = new Set(['auth-failure', 'dmarc', 'not-spam', 'dkim', 'spf', 'tlsrpt'])

/** The fields of message/feedback-report (RFC 5965 §3). Recipients may be redacted or absent (CP-3). */
export function readFeedbackReport(text: string): FeedbackReport {
  const { headers } = splitHeaders(text.replace(/^\s+/, '').replace(/\n\s*\n(?=[\w-]+:)/g, '\n'))
  const type = headerOf(headers, 'feedback-type').toLowerCase().trim()
  const named = headers.filter(({ name }) =>
    ['original-rcpt-to', 'removal-recipient', 'redacted-address'].includes(name),
  )
  const recipients = [...new Set(named.map(({ value }) => addressIn(value)).filter(Boolean))]
  return { type, recipients, outcome: NO_COMPLAINT.has(type) || type === '' ? 'ignore' : 'complaint' }
}
