import type { Account } from '../accounts/account.contract.ts'
import type { MailingSource, SendingAccount } from './compile.ts'
import type { MailingRow } from './mailing.ts'

const MARK = '[TEST]'

/** What is compiled of a mailing; one that goes to test groups alone says so in its subject. */
export const sourceOf = (mailing: MailingRow): MailingSource => ({
  mailingId: mailing.mailing_id,
  subject: mailing.is_test && !mailing.subject.startsWith(MARK) ? `${MARK} ${mailing.subject}` : mailing.subject,
  fromName: mailing.from_name,
  fromAddress: mailing.from_address,
  html: mailing.html,
  text: mailing.text,
  tracking: mailing.tracking,
})

export const sendingAccount = ({ id, ...account }: Account): SendingAccount => ({ accountId: id, ...account })
