import { type Header, splitHeaders } from './mime.ts'
import { addressIn } from './text.ts'

/** The fields of one recipient in message/delivery-status (RFC 3464 §2.3). */
export type StatusFields = {
  address: string
  original: string
  action: string
  status: string
  diagnostic: string
  lines: string
}

const MOST_RECIPIENTS = 200

/**
 * The recipients of a delivery report, tolerant of blank lines in the wrong places, folding, comments and unknown fields
 * (BN-2). Also reads reports whose fields were put into plain text.
 */
export function readStatusFields(text: string): StatusFields[] {
  const found: StatusFields[] = []
  let current: Header[] = []
  const finish = () => {
    const fields = statusFieldsOf(current)
    if (fields && found.length < MOST_RECIPIENTS) found.push(fields)
    current = []
  }
  for (const block of text.split(/\n\s*\n/)) {
    for (const header of splitHeaders(block.replace(/^\s+/, '')).headers) {
      const isNew =
        /^(?:final|original)-recipient$/.test(header.name) && current.some(({ name }) => name === header.name)
      if (isNew) finish()
      current.push(header)
    }
    if (current.some(({ name }) => name === 'action') && current.some(({ name }) => name === 'final-recipient'))
      finish()
  }
  finish()
  return found
}

function statusFieldsOf(headers: Header[]): StatusFields | null {
  const valueOf = (name: string) => headers.find((header) => header.name === name)?.value ?? ''
  const afterType = (name: string) => valueOf(name).replace(/^[\w-]{1,40}\s*;\s*/, '')
  const original = addressIn(afterType('original-recipient'))
  const address = addressIn(afterType('final-recipient')) || addressIn(afterType('x-actual-recipient')) || original
  if (!address && !valueOf('final-recipient')) return null
  return {
    address,
    original,
    action: valueOf('action')
      .toLowerCase()
      .replace(/[^a-z].*$/s, ''),
    status: valueOf('status'),
    diagnostic: headers
      .filter(({ name }) => name === 'diagnostic-code')
      .map(({ value }) => value.replace(/^[\w-]{1,40}\s*;\s*/, ''))
      .join(' '),
    lines: headers.map(({ name, value }) => `${name}: ${value}`).join('\n'),
  }
}
