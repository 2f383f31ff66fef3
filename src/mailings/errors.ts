export type MailingErrorCode =
  | 'mailing.not_found'
  | 'mailing.not_sendable'
  | 'mailing.not_possible'
  | 'mailing.needs_reason'
  | 'mailing.invalid'
  | 'letter.not_found'
