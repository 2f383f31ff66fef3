// What one mail that came back says. Reading it needs neither database nor network.

/**
 * hard: the address is dead. soft: this once. block: the sender's fault, no word about the contact. complaint: called spam
 * by its reader. ignore: nothing happened.
 */
export type ReturnOutcome = 'hard' | 'soft' | 'block' | 'complaint' | 'ignore'

export type ReturnedRecipient = {
  /** In the spelling of the report; empty when it names none. */
  address: string
  /** Enhanced status code (RFC 3463), or empty. */
  status: string
  /** Three digits of the SMTP reply, or empty. */
  reply: string
  /** The server's words. */
  words: string
  /** Which rule decided, as a plain word such as mailbox_full. */
  reason: string
  outcome: ReturnOutcome
}

export type ReturnKind = 'bounce' | 'complaint' | 'auto_reply' | 'report' | 'opt_out' | 'other'

export type ReturnedMail = {
  kind: ReturnKind
  recipients: ReturnedRecipient[]
  /** Where our reference may stand: X-Msg-Ref and Message-ID of the returned message, in this order (BN-5). */
  references: string[]
  /** Path of an opt-out link in the returned headers, for complaints whose other marks were removed (CP-3). */
  optOutTokens: string[]
}

/** What a mail server said, in pieces, before it is judged. */
export type Verdict = {
  status: string
  reply: string
  words: string
  /** SMTP command that was refused, such as RCPT or DATA; empty when unknown. */
  command: string
}
