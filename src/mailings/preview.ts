import type { Account } from '../accounts/account.contract.ts'
import { getAccount } from '../accounts/account.ts'
import type { AudienceErrorCode } from '../audience/errors.ts'
import type { FieldType, FieldValue, FieldValues } from '../audience/field.contract.ts'
import { signLink } from '../optouts/link.ts'
import type { Core } from '../platform/core.ts'
import { maybeRow, rows, sql } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import type { MailingSource as DesignSource } from './blocks.contract.ts'
import { compileMailing } from './compile.ts'
import type { MailingRow } from './mailing.ts'
import { type OpenedMessage, openFilled } from './open.ts'
import { renderSource } from './render.ts'
import { sendingAccount, sourceOf } from './source.ts'

/** Names of the invented contact; other fields show their label. */
const INVENTED: Record<string, string> = { first_name: 'Robin', last_name: 'Wren', name: 'Robin Wren' }

/**
 * A mailing as one contact would get it, without one as an invented contact. Its links belong to nobody.
 *
 * @throws mailing.invalid for templates or a sender that cannot be used, contact.not_found
 */
export async function previewMailing(
  core: Core,
  accountId: string,
  mailing: MailingRow,
  contactId?: string,
): Promise<OpenedMessage> {
  const account = sendingAccount(await getAccount(core.db, accountId))
  const prepared = compileMailing(
    { ...sourceOf(mailing), fromAddress: mailing.from_address || account.senderAddress || 'sender@example.invalid' },
    account,
    core.config.baseUrl,
  )
  const person = contactId ? await contactOf(core, accountId, contactId) : await inventedContact(core, accountId)
  const link = signLink(core.keys.link, { accountId, addressKey: Buffer.alloc(16), mailingId: null })
  return openFilled(prepared, { ...person, link, reference: 'preview' }, core.clock())
}

/** A source as a mailing made of it would look, read by an invented contact. */
export async function previewMailingSource(
  core: Core,
  account: Account,
  source: DesignSource,
): Promise<{ html: string }> {
  if (source.kind === 'html') return { html: '' }
  const { baseUrl } = core.config
  const html = await renderSource(source, { account, baseUrl })
  const given = { mailingId: '0', subject: '', fromName: '', fromAddress: 'sender@example.invalid', html, text: '' }
  const prepared = compileMailing(given, sendingAccount(account), baseUrl)
  const link = signLink(core.keys.link, { accountId: account.id, addressKey: Buffer.alloc(16), mailingId: null })
  const person = await inventedContact(core, account.id)
  return { html: (await openFilled(prepared, { ...person, link, reference: 'preview' }, core.clock())).html }
}

export type AccountField = { name: string; label: string; type: FieldType; options: string[] }

/** The fields that an account's contacts have. */
export function fieldsOf({ db }: Core, accountId: string): Promise<AccountField[]> {
  return rows(
    db,
    sql<AccountField>`select name, label, type, options from fields where account_id = ${accountId} order by position, field_id`,
  )
}

/** Somebody who does not exist, to fill in a mailing for. */
export async function inventedContact(core: Core, accountId: string) {
  const fields = await fieldsOf(core, accountId)
  return {
    address: 'robin@post.example',
    fields: Object.fromEntries(fields.map((field) => [field.name, inventedValue(field)])),
  }
}

function inventedValue({ name, label, type, options }: AccountField): FieldValue {
  if (type === 'number') return 7
  if (type === 'date') return '2026-06-15'
  if (type === 'yes_no') return true
  if (type === 'one_of') return options[0] ?? label
  return type === 'several_of' ? options.slice(0, 2) : (INVENTED[name] ?? label)
}

async function contactOf({ db }: Core, accountId: string, contactId: string) {
  const found = await maybeRow(
    db,
    sql<{ address: string; fields: FieldValues }>`
    select address, fields from contacts where account_id = ${accountId} and contact_id = ${contactId}`,
  )
  if (!found) throw new DomainError<AudienceErrorCode>('contact.not_found', 'There is no such contact.')
  return found
}
