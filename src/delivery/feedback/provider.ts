import type { ReturnOutcome } from './returned.ts'

/** One event of a provider about one recipient, in our words. Reading it proves nothing: whoever reads checks who sent it. */
export type ProviderEvent = {
  /** Equal for the same event delivered again, so that it counts once (PW-2). */
  id: string
  /** Empty when only the reference says whom it is about. */
  address: string
  /** Our X-Msg-Ref as the provider gave it back, or empty. */
  reference: string
  status: string
  reply: string
  words: string
  reason: string
  /** opt_out: the person asked the provider for no more mail. */
  outcome: ReturnOutcome | 'opt_out'
}
