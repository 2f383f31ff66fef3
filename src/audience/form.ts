import { randomInt } from 'node:crypto'
import type { z } from 'zod'
import type { Core } from '../platform/core.ts'
import { maybeRow, row, rows, run, sql, type Trx, transaction } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import { pageOfRows, readCursor } from '../platform/page.ts'
import type { Actor } from './contact-event.ts'
import type { AudienceErrorCode } from './errors.ts'
import type { Form, FormChange, formsQuery, NewForm } from './form.contract.ts'
import { checkFormParts } from './form-check.ts'
import { unlessTaken } from './unless-taken.ts'

type Parts = Pick<Core, 'db' | 'config'>

type FormRow = Omit<
  Form,
  | 'id'
  | 'url'
  | 'isDefault'
  | 'counts'
  | 'topicIds'
  | 'groupIds'
  | 'returnUrl'
  | 'createdAt'
  | 'updatedAt'
  | 'archivedAt'
> & {
  form_id: string
  code: string
  is_default: boolean
  topic_ids: string[]
  group_ids: string[]
  return_url: string
  waiting: number
  confirmed: number
  created_at: Date
  updated_at: Date
  archived_at: Date | null
}

const place = sql`lower(name collate "und-x-icu")`

/**
 * A page of sign-up forms by name.
 *
 * @throws DomainError request.invalid_cursor
 */
export async function listForms(
  { db, config }: Parts,
  accountId: string,
  { limit, cursor, archived }: z.infer<typeof formsQuery>,
): Promise<{ items: Form[]; nextCursor: string | null }> {
  const after = readCursor(cursor, 2)
  const found = await rows(
    db,
    sql<{ form_id: string; place: string }>`
    select form_id, ${place} as place from forms
    where account_id = ${accountId} and ${archived ? sql`archived_at is not null` : sql`archived_at is null`}
      ${after ? sql`and (${place}, form_id) > (${after[0]}, ${after[1]}::bigint)` : sql``}
    order by ${place}, form_id limit ${limit + 1}`,
  )
  const { page, nextCursor } = pageOfRows(found, limit, ({ place, form_id }) => [place, form_id])
  const ids = page.map(({ form_id }) => form_id)
  const items = await rows(db, sql<FormRow>`${formRows(accountId)} and form.form_id = any (${ids}::bigint[])`)
  return {
    items: ids
      .flatMap((id) => items.filter((item) => item.form_id === id))
      .map((item) => present(config, accountId, item)),
    nextCursor,
  }
}

/**
 * One form, archived or not.
 *
 * @throws DomainError form.not_found
 */
export async function findForm({ db, config }: Parts, accountId: string, formId: string): Promise<Form> {
  const found = await maybeRow(db, sql<FormRow>`${formRows(accountId)} and form.form_id = ${formId}`)
  if (!found) throw noSuchForm()
  return present(config, accountId, found)
}

/**
 * Makes a form; the first one of an account is its default.
 *
 * @throws DomainError form.exists, form.invalid
 */
export async function createForm(parts: Parts, actor: Actor, asked: NewForm): Promise<Form> {
  const { accountId, userId } = actor
  const formId = await unlessTaken('form', asked.name, () =>
    transaction(parts.db, async (trx) => {
      await checkFormParts(trx, accountId, asked)
      await holdForms(trx, accountId)
      const made = await row(
        trx,
        sql<{ form_id: string }>`
        insert into forms (account_id, code, name, fields, topic_ids, group_ids, thanks, return_url, created_by, default_since)
        values (${accountId}, ${newCode()}, ${asked.name}, ${JSON.stringify(asked.fields)}::jsonb, ${asked.topicIds}::bigint[],
                ${asked.groupIds}::bigint[], ${asked.thanks}, ${asked.returnUrl}, ${userId},
                case when not exists (select from forms other where other.account_id = ${accountId} and other.default_since is not null)
                     then now() end)
        returning form_id`,
      )
      await keepWording(trx, actor, made.form_id, 1, asked)
      return made.form_id
    }),
  )
  return findForm(parts, accountId, formId)
}

/**
 * Changes a form. Another wording is a new version; sign-ups that wait keep the one that they were shown.
 *
 * @throws DomainError form.not_found, form.exists, form.invalid
 */
export async function changeForm(parts: Parts, actor: Actor, formId: string, asked: FormChange): Promise<Form> {
  const { accountId } = actor
  await unlessTaken('form', asked.name, () =>
    transaction(parts.db, async (trx) => {
      await run(trx, sql`select from forms where account_id = ${accountId} and form_id = ${formId} for no key update`)
      const before = await findForm({ ...parts, db: trx }, accountId, formId)
      const after = changed(before, asked)
      await checkFormParts(trx, accountId, asked, before)
      const isReworded = (['language', 'heading', 'intro', 'consent'] as const).some(
        (part) => before[part] !== after[part],
      )
      const version = isReworded ? before.version + 1 : before.version
      if (isReworded) await keepWording(trx, actor, formId, version, after)
      await run(
        trx,
        sql`
        update forms set name = ${after.name}, fields = ${JSON.stringify(after.fields)}::jsonb, topic_ids = ${after.topicIds}::bigint[],
          group_ids = ${after.groupIds}::bigint[], thanks = ${after.thanks}, return_url = ${after.returnUrl}, version = ${version},
          updated_at = now()
        where account_id = ${accountId} and form_id = ${formId}`,
      )
    }),
  )
  return findForm(parts, accountId, formId)
}

/**
 * Closes a form or opens it again. Links in confirmation mails that are out work all the same.
 *
 * @throws DomainError form.not_found, form.exists when another one took the name meanwhile
 */
export async function archiveForm(
  parts: Parts,
  accountId: string,
  formId: string,
  to: 'archived' | 'restored',
): Promise<Form> {
  await unlessTaken('form', undefined, () =>
    run(
      parts.db,
      sql`
      update forms set archived_at = case when ${to} = 'archived' then coalesce(archived_at, now()) end,
        default_since = case when ${to} = 'restored' then default_since end
      where account_id = ${accountId} and form_id = ${formId}`,
    ),
  )
  return findForm(parts, accountId, formId)
}

/**
 * Shows a form at the account's own sign-up address from now on.
 *
 * @throws DomainError form.not_found, form.invalid when it is archived
 */
export async function makeDefaultForm(parts: Parts, accountId: string, formId: string): Promise<Form> {
  await transaction(parts.db, async (trx) => {
    await holdForms(trx, accountId)
    const { archivedAt } = await findForm({ ...parts, db: trx }, accountId, formId)
    if (archivedAt !== null)
      throw new DomainError<AudienceErrorCode>('form.invalid', 'This form is archived. Restore it first.')
    await run(
      trx,
      sql`update forms set default_since = null where account_id = ${accountId} and default_since is not null and form_id <> ${formId}`,
    )
    await run(
      trx,
      sql`update forms set default_since = coalesce(default_since, now()) where account_id = ${accountId} and form_id = ${formId}`,
    )
  })
  return findForm(parts, accountId, formId)
}

const changed = (before: Form, asked: FormChange): NewForm => ({
  name: asked.name ?? before.name,
  language: asked.language ?? before.language,
  heading: asked.heading ?? before.heading,
  intro: asked.intro ?? before.intro,
  consent: asked.consent ?? before.consent,
  thanks: asked.thanks ?? before.thanks,
  returnUrl: asked.returnUrl ?? before.returnUrl,
  fields: asked.fields ?? before.fields,
  topicIds: asked.topicIds ?? before.topicIds,
  groupIds: asked.groupIds ?? before.groupIds,
})

/** A change of which form is the default is made by one at a time. */
const holdForms = (trx: Trx, accountId: string) =>
  run(trx, sql`select from accounts where account_id = ${accountId} for no key update`)

const noSuchForm = () => new DomainError<AudienceErrorCode>('form.not_found', 'There is no such form.')

const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789'
const newCode = () => Array.from({ length: 12 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')

function keepWording(
  trx: Trx,
  { accountId, userId }: Actor,
  formId: string,
  version: number,
  { language, heading, intro, consent }: Pick<Form, 'language' | 'heading' | 'intro' | 'consent'>,
) {
  return run(
    trx,
    sql`
    insert into form_wordings (account_id, form_id, version, language, heading, intro, consent, made_by)
    values (${accountId}, ${formId}, ${version}, ${language}, ${heading}, ${intro}, ${consent}, ${userId})`,
  )
}

const formRows = (accountId: string) => sql`
  select form.form_id, form.code, form.name, form.fields, form.topic_ids::text[] as topic_ids, form.group_ids::text[] as group_ids,
    form.thanks, form.return_url, form.version, form.default_since is not null as is_default, form.created_at, form.updated_at,
    form.archived_at, wording.language, wording.heading, wording.intro, wording.consent,
    (select count(*)::int from sign_ups asked where asked.account_id = ${accountId} and asked.form_id = form.form_id
       and asked.confirmed_at is null and asked.ends_at > now()) as waiting,
    (select count(*)::int from consents consent where consent.account_id = ${accountId} and consent.form_id = form.form_id) as confirmed
  from forms form
  join form_wordings wording on wording.account_id = form.account_id and wording.form_id = form.form_id and wording.version = form.version
  where form.account_id = ${accountId}`

function present({ baseUrl }: Core['config'], accountId: string, found: FormRow): Form {
  const {
    form_id,
    code,
    is_default,
    topic_ids,
    group_ids,
    return_url,
    waiting,
    confirmed,
    created_at,
    updated_at,
    archived_at,
    ...texts
  } = found
  const url = `${baseUrl}/s/${accountId}-${code}`
  return {
    id: form_id,
    ...texts,
    url,
    isDefault: is_default,
    topicIds: topic_ids,
    groupIds: group_ids,
    returnUrl: return_url,
    counts: { waiting, confirmed },
    createdAt: created_at.toISOString(),
    updatedAt: updated_at.toISOString(),
    archivedAt: archived_at?.toISOString() ?? null,
  }
}
