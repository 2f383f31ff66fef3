import { REASONS } from './reasons.ts'
import type { ReturnOutcome, Verdict } from './returned.ts'

export type Judgement = { outcome: ReturnOutcome; reason: string }

/**
 * What an answer of a mail server means for the contact: the text first, then the enhanced code, then the basic code.
 *
 * Error only for what says that the address is dead; a code alone is believed when no words contradict it (BN-7, BN-8).
 */
export function classify(verdict: Verdict): Judgement {
  const { status, reply, words } = verdict
  if (status.startsWith('2.')) return { outcome: 'ignore', reason: 'delivered' }
  const said = sayIn(words)
  const byCode = ofStatus(status)
  if (said) return settle(said, verdict)
  if (byCode && !(byCode.outcome === 'hard' && reply === '554')) return settle(byCode, verdict)
  if (reply.startsWith('4') || status.startsWith('4.')) return { outcome: 'soft', reason: 'temporary' }
  return { outcome: 'soft', reason: 'undefined' }
}

function sayIn(words: string): Judgement | null {
  const text = words
    .slice(0, 6000)
    .toLowerCase()
    .replace(/[^\S\n]+/g, ' ')
    .replace(/\n ?/g, ' ')
    .replaceAll('’', "'")
  for (const { name, outcome, said } of REASONS)
    if (said.some((pattern) => pattern.test(text))) return { outcome, reason: name }
  return null
}

/** What keeps a hard reason from being one, and what makes a soft one hard. */
function settle(said: Judgement, { status, reply, command, words }: Verdict): Judgement {
  const namesAddress = /^5\.1\.(?:0|1|2|3|6|10)$/.test(status)
  if (said.reason === 'disabled' && status === '5.1.1' && !/temporar|suspen/i.test(words))
    return { outcome: 'hard', reason: 'account_closed' }
  if (
    said.reason === 'sender_refused' &&
    status === '5.4.1' &&
    /recipient address rejected: access denied/i.test(words)
  )
    return { outcome: 'hard', reason: 'unknown_user' }
  if (said.outcome !== 'hard') return said
  if (['MAIL FROM', 'HELO', 'EHLO'].includes(command)) return { outcome: 'block', reason: 'sender_refused' }
  if (said.reason === 'unknown_user') {
    if (namesAddress || status === '4.1.1') return said
    if (status.startsWith('4.') || reply.startsWith('4')) return { outcome: 'soft', reason: 'refused' }
    return command === 'RCPT TO' || SURE.test(words) ? said : { outcome: 'soft', reason: 'refused' }
  }
  if (status.startsWith('4.') || (reply.startsWith('4') && !status.startsWith('5')))
    return { outcome: 'soft', reason: 'temporary' }
  return said
}

/** Words of systems that know their own users and give no code with them. */
const SURE =
  /not listed in (?:public|domino|the)|000c05a6|recipient name is not recognized|(?:^|\n|: )\s*unknown user:|delivery error: dd |mailbox unavailable \(-\d+:\d+:-\d+\)|user not found in|nosuchuser|<[^>\s]{1,64}@(?:ezweb\.ne\.jp|au\.com)>: user unknown|address not found \*\*|no valid recipients for this mm|resolver\.adr\.(?:recipnotfound|exrecipnotfound)/i

/** BN-7, for answers whose words say nothing. */
const CODES: [RegExp, Judgement][] = [
  [/^5\.1\.(?:1|2|3|10)$/, { outcome: 'hard', reason: 'unknown_user' }],
  [/^5\.1\.6$/, { outcome: 'hard', reason: 'moved' }],
  [/^5\.7\.(?:13|17|18)$/, { outcome: 'hard', reason: 'account_closed' }],
  [/^[45]\.1\.[78]$/, { outcome: 'block', reason: 'sender_refused' }],
  [/^[45]\.2\.2$/, { outcome: 'soft', reason: 'mailbox_full' }],
  [/^[45]\.(?:2\.3|3\.4)$/, { outcome: 'block', reason: 'too_large' }],
  [/^5\.4\.5$|^5\.[56]\./, { outcome: 'block', reason: 'protocol' }],
  [/^[45]\.4\.[147]$/, { outcome: 'soft', reason: 'expired' }],
  [/^[45]\.7\.(?:2[0-4]|26|29)$/, { outcome: 'block', reason: 'authentication' }], // RFC 7372, RFC 8617 §3
  [/^[45]\.7\.25$/, { outcome: 'block', reason: 'reverse_dns' }], // RFC 7372 §3.3
  [/^[45]\.7\./, { outcome: 'block', reason: 'policy' }],
  [/^[45]\.3\./, { outcome: 'soft', reason: 'system' }],
]

const ofStatus = (status: string): Judgement | null => CODES.find(([pattern]) => pattern.test(status))?.[1] ?? null

/** True when a text says that there is no room, whatever codes stand beside it (BN-8). */
export const saysFull = (words: string): boolean => sayIn(words)?.reason === 'mailbox_full'
