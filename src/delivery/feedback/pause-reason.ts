import type { ReturnedRecipient } from './returned.ts'

/** What to do about a block, in words for who sends mailings and not for who runs mail servers. */
const ADVICE: Record<string, string> = {
  authentication:
    'They could not verify that the mail comes from your domain. The DNS of your sender domain needs SPF, DKIM and DMARC records that name this mail server.',
  reverse_dns:
    'The address of the mail server has no matching name in the DNS. Whoever runs the mail server can add it (a PTR record).',
  reputation:
    'They do not trust the mail server or the domain at the moment. Whoever runs the mail server can ask for removal from block lists.',
  spam_or_virus: 'They took the mailing for spam. Look at its subject, text and links, and at who is in its audience.',
  sender_refused: 'They do not accept mail from this sender address. Check that it exists and can receive mail.',
  too_many_connections: 'They receive too much mail from here at once. Resume later.',
  too_large: 'The mailing is too large for them. Use smaller images or fewer attachments.',
}

/** What to do about a block for this reason. */
export const adviceFor = (reason: string) =>
  ADVICE[reason] ?? 'They refuse the mailing, not the addresses. The mail server says why.'

/** Why a mailing pauses: how many refused it, what that means, and the server's words (BN-9). */
export function pauseReason({ reason, words }: Pick<ReturnedRecipient, 'reason' | 'words'>, blocked: number): string {
  return `Mail servers refused ${blocked} messages of this mailing. ${adviceFor(reason)} No contact was changed. Their words: ${words.replace(/\s+/g, ' ').trim().slice(0, 300)}`
}
