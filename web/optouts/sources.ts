import type { OptOutSource } from '../../src/optouts/optout.contract.ts'

/** How an opt-out came, in the words of lists and reports. */
export const sources: Record<OptOutSource, string> = {
  link: 'Link in a mail',
  one_click: 'One click in the mail program',
  preferences: 'Preferences page',
  mailto: 'Mail to the opt-out address',
  complaint: 'Complaint',
  provider: 'Mailbox provider',
  operator: 'Operator',
  bulk: 'Many at once',
  import: 'Import',
  api: 'API',
  emma_api: 'Emma-compatible API',
}
