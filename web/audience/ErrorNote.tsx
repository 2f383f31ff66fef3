import { IconAlertTriangle } from '@tabler/icons-react'
import type { Contact } from '../../src/audience/contact.contract.ts'
import { When } from '../ui/When.tsx'

const reasons: Record<string, string> = {
  format: 'the address is not complete',
  delivery: 'mail to it came back',
  manual: 'set by hand',
}

/** Why a contact in Error gets no mail, and what ends it. */
export function ErrorNote({ error }: { error: NonNullable<Contact['error']> }) {
  return (
    <p className="flat row one note">
      <IconAlertTriangle size={16} className="fg-errored" aria-hidden />
      <span>
        Error since <When at={error.at} as="day" />: {reasons[error.reason] ?? error.reason}. Correct the address or
        change the status to Active, and mail goes there again.
      </span>
    </p>
  )
}
