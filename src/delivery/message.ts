import type { FieldValues } from '../audience/field.contract.ts'
/** A message that this process has taken, with all that filling and sending need. */
export type TakenMessage = {
  accountId: string
  messageId: string
  mailingId: string
  contactId: string
  addressKey: Buffer
  address: string
  fields: FieldValues
  /** Temporary failures so far. */
  attempts: number
  queuedAt: Date
  /** Of a split test; null for the mailing itself, or its winner. */
  variant: number | null
  /** The contact wants no tracking (LW-15). */
  isUntracked: boolean
}

export type MessageState = 'queued' | 'accepted' | 'deferred' | 'bounced' | 'unknown'

/** A refusal in the words of the classifier that also reads returned mail, so that both agree. */
export type Refusal = { outcome: 'hard' | 'soft' | 'block'; reason: string; status: string; reply: string }

/** What is recorded about a message once its attempt is over. */
export type Answer = {
  messageId: string
  state: MessageState
  /** The server's words. */
  answer: string
  /** When it is tried again. */
  dueAt?: Date
  /** What a refusal for good means for contact and mailing. */
  refusal?: Refusal
}
