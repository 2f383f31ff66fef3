import { REASONS } from './reasons.ts'
import type { ReturnOutcome, Verdict } from './returned.ts'

export type Judgement = { outcome: ReturnOutcome; reason: string }

/**
 * What an answer of a mail server means for the contact: the text first, then the enhanced code, then the basic code.
 *
 * Error only for what says that the address is dead; a code alone is believed when no words contradict it (BN-7, BN-8).
 */
export function classify({ status, reply, words, command }: Verdict): Judgement {
  if (status.startsWith('2.')) return { outcome: 'ignore', reason: 'delivered' }
  const said = sayIn(words)
  const byCode = ofStatus(status)
  if (said) return settle(said, { status, reply, command })
  if (byCode) return settle(byCode, { status, reply, command })
  if (/^4/.test(reply) || status.startsWith('4.')) return { outcome: 'soft', reason: 'temporary' }
  return { outcome: 'soft', reason: 'undefined' }
}

function sayIn(words: string): Judgement | null {
  const text = words.slice(0, 6000).toLowerCase().replace(/[^\S\n]+/g, ' ').replace(/\n ?/g, ' ').replaceAll('’', "'")
  for (const { name, outcome, said } of REASONS) if (said.some((pattern) => pattern.test(text))) return { outcome, reason: name }
  return null
}

/** What keeps a hard reason from being one: a temporary answer, or a refusal after the recipient was taken. */
function settle(said: Judgement, { status, reply, command }: Omit<Verdict, 'words'>): Judgement {
  if (said.outcome !== 'hard') return said
  if (/^4/.test(reply) && !/^5/.test(status)) return { outcome: 'soft', reason: 'temporary' }
  if (status.startsWith('4.') && !/^5/.test(reply) && said.reason !== 'unknown_domain' && said.reason !== 'unknown_user') return { outcome: 'soft', reason: 'temporary' }
  if (command === 'DATA' && said.reason === 'unknown_user') return { outcome: 'soft', reason: 'refused_after_data' }
  if (command === 'MAIL FROM') return { outcome: 'block', reason: 'sender_refused' }
  return said
}

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
  [/^[45]\.7\./, { outcome: 'block', reason: 'policy' }],
  [/^[45]\.3\./, { outcome: 'soft', reason: 'system' }],
]

const ofStatus = (status: string): Judgement | null => CODES.find(([pattern]) => pattern.test(status))?.[1] ?? null
