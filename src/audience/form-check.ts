import { type Db, rows, sql } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import type { AudienceErrorCode } from './errors.ts'
import { listFields } from './field.ts'
import type { Form, FormChange } from './form.contract.ts'

/**
 * Looks whether a form asks for fields, offers topics and joins groups that there are. What it had before may stay,
 * archived or not: it is passed over while it is archived.
 *
 * @throws DomainError form.invalid with a path for each
 */
export async function checkFormParts(db: Db, accountId: string, asked: FormChange, before?: Form): Promise<void> {
  const { fields = [], topicIds = [], groupIds = [] } = asked
  const faults: { path: string; message: string }[] = []
  const names = fields.map(({ name }) => name)
  const known = new Set((await listFields(db, accountId)).map(({ name }) => name))
  for (const { name } of before?.fields ?? []) known.add(name)
  if (names.some((name) => !known.has(name)) || new Set(names).size < names.length)
    faults.push({ path: '/fields', message: 'One of these fields is gone, or stands here twice. Choose again.' })
  if (await lacks(openTopics(accountId, topicIds), db, topicIds, before?.topicIds))
    faults.push({ path: '/topicIds', message: 'One of these topics is gone. Choose again.' })
  if (await lacks(openGroups(accountId, groupIds), db, groupIds, before?.groupIds))
    faults.push({ path: '/groupIds', message: 'One of these groups is gone, or is a test group. Choose again.' })
  if (faults[0])
    throw new DomainError<AudienceErrorCode>('form.invalid', faults.map(({ message }) => message).join(' '), {
      fields: faults,
    })
}

async function lacks(
  open: ReturnType<typeof openTopics>,
  db: Db,
  ids: string[],
  before: string[] = [],
): Promise<boolean> {
  const found = new Set([...(await rows(db, open)).map(({ id }) => id), ...before])
  return ids.some((id) => !found.has(id))
}

const openTopics = (accountId: string, ids: string[]) => sql<{ id: string }>`
  select topic_id as id from topics
  where account_id = ${accountId} and topic_id = any (${ids}::bigint[]) and archived_at is null`

const openGroups = (accountId: string, ids: string[]) => sql<{ id: string }>`
  select group_id as id from groups
  where account_id = ${accountId} and group_id = any (${ids}::bigint[]) and archived_at is null and kind = 'regular'`
