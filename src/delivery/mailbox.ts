import PostalMime from 'postal-mime'
import type { MailingErrorCode } from '../mailings/errors.ts'
import { addressKey, isAddress, readAddress } from '../optouts/address.ts'
import type { Core } from '../platform/core.ts'
import { maybeRow, rows, sql } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import { pageOfRows, readCursor } from '../platform/page.ts'
import type { Letter, OpenLetter } from './mailbox.contract.ts'

type LetterRow = {
  mailbox_id: string
  recipient: string
  subject: string
  arrived_at: Date
  mailing_id: string | null
}

export type LetterQuery = { limit: number; cursor?: string | undefined; search?: string | undefined }

/**
 * What arrived in the built-in mailbox, newest first.
 *
 * @param query.search part of an address or a subject; a whole address finds its own letters by its key
 */
export async function listLetters({ db, keys }: Core, accountId: string, query: LetterQuery) {
  const [after] = readCursor(query.cursor, 1) ?? []
  const search = query.search?.trim() ?? ''
  const address = readAddress(search)
  const key = isAddress(address) ? addressKey(keys.address, address.optOutForm) : null
  const part = `%${search.replace(/[\\%_]/g, '\\$&')}%`
  const found = await rows(
    db,
    sql<LetterRow>`
    select mailbox_id, recipient, subject, arrived_at, mailing_id from mailbox_messages
    where account_id = ${accountId}
      and (${after ?? null}::bigint is null or mailbox_id < ${after ?? null}::bigint)
      and (${search} = '' or case when ${key}::bytea is null then recipient ilike ${part} or subject ilike ${part}
                                  else address_key = ${key} end)
    order by mailbox_id desc limit ${query.limit + 1}`,
  )
  const { page, nextCursor } = pageOfRows(found, query.limit, (last) => [last.mailbox_id])
  return { items: page.map(letterOf), nextCursor }
}

/**
 * One letter as its recipient's mail program would show it, with its source.
 *
 * @throws DomainError letter.not_found
 */
export async function openLetter({ db }: Core, accountId: string, letterId: string): Promise<OpenLetter> {
  const found = await maybeRow(
    db,
    sql<LetterRow & { raw: Buffer }>`
    select mailbox_id, recipient, subject, arrived_at, mailing_id, raw from mailbox_messages
    where account_id = ${accountId} and mailbox_id = ${letterId}`,
  )
  if (!found) throw new DomainError<MailingErrorCode>('letter.not_found', 'There is no such message in the mailbox.')
  const parsed = await PostalMime.parse(found.raw)
  const from = parsed.headers.find(({ key }) => key === 'from')
  const ways = parsed.headers.find(({ key }) => key === 'list-unsubscribe')?.value ?? ''
  return {
    ...letterOf(found),
    from: parsed.from?.name ? `${parsed.from.name} <${parsed.from.address ?? ''}>` : (from?.value ?? ''),
    html: parsed.html ?? '',
    text: parsed.text ?? '',
    source: found.raw.toString('utf8'),
    oneClickUrl: /<(https?:[^>]+)>/.exec(ways)?.[1] ?? null,
  }
}

const letterOf = (letter: LetterRow): Letter => ({
  id: letter.mailbox_id,
  recipient: letter.recipient,
  subject: letter.subject,
  at: letter.arrived_at.toISOString(),
  mailingId: letter.mailing_id,
})
