import type { Language } from '../optouts/words.ts'
import { type Db, maybeRow, rows, sql } from '../platform/database.ts'
import type { Field } from './field.contract.ts'
import { listFields } from './field.ts'
import type { NewForm } from './form.contract.ts'

/** A form as its visitors see it, with what it leads to. */
export type ShownForm = {
  /** Its part of the path after /s/. */
  path: string
  /** Null for the built-in form, which asks for the address alone and has the words of the page. */
  formId: string | null
  name: string
  texts: { language: Language; heading: string; intro: string; consent: string; version: number } | null
  thanks: string
  returnUrl: string
  fields: Field[]
  topics: { id: string; name: string; description: string }[]
  groupIds: string[]
}

type FormRow = {
  form_id: string
  name: string
  thanks: string
  return_url: string
  asks: NewForm['fields']
  topic_ids: string[]
  group_ids: string[]
  texts: NonNullable<ShownForm['texts']>
}

/** Where a form is: `7` is the account's own sign-up address, `7-abcdefghijkm` one form of it. Null for what is neither. */
export function readFormPath(path: string): { accountId: string; code: string | null } | null {
  const [, accountId, code = null] = /^([1-9]\d{0,14})(?:-([a-z0-9]{12}))?$/.exec(path) ?? []
  return accountId ? { accountId, code } : null
}

/**
 * The open form with `code`, or null when there is none; without a code the account's default form, or the built-in one
 * while there is no default.
 */
export async function findShownForm(db: Db, accountId: string, code: string | null): Promise<ShownForm | null> {
  const which = code === null ? sql`form.default_since is not null` : sql`form.code = ${code}`
  const found = await maybeRow(db, sql<FormRow>`${shownForms(accountId)} and form.archived_at is null and ${which}`)
  if (found) return shown(db, accountId, code === null ? accountId : `${accountId}-${code}`, found)
  return code === null ? builtIn(accountId) : null
}

/** The form that a sign-up came from, archived or not; the built-in one when it came from that. */
export async function findFormOfSignUp(
  db: Db,
  accountId: string,
  formId: string | null,
  path: string,
): Promise<ShownForm> {
  if (formId === null) return builtIn(accountId)
  const found = await maybeRow(db, sql<FormRow>`${shownForms(accountId)} and form.form_id = ${formId}`)
  return found ? shown(db, accountId, path, found) : builtIn(accountId)
}

/** What a form that is not saved would show. */
export async function previewForm(db: Db, accountId: string, asked: NewForm): Promise<ShownForm> {
  const { name, thanks, returnUrl, language, heading, intro, consent, fields, topicIds, groupIds } = asked
  return {
    path: accountId,
    formId: null,
    name,
    thanks,
    returnUrl,
    groupIds,
    texts: { language, heading, intro, consent, version: 0 },
    fields: await fieldsOf(db, accountId, fields),
    topics: await topicsOf(db, accountId, topicIds),
  }
}

const builtIn = (accountId: string): ShownForm => ({
  path: accountId,
  formId: null,
  name: '',
  texts: null,
  thanks: '',
  returnUrl: '',
  fields: [],
  topics: [],
  groupIds: [],
})

async function shown(db: Db, accountId: string, path: string, found: FormRow): Promise<ShownForm> {
  const { form_id: formId, name, thanks, return_url: returnUrl, texts, group_ids: groupIds } = found
  const fields = await fieldsOf(db, accountId, found.asks)
  const topics = await topicsOf(db, accountId, found.topic_ids)
  return { path, formId, name, texts, thanks, returnUrl, groupIds, fields, topics }
}

/** Open fields in the form's order, required or not as the form says. */
async function fieldsOf(db: Db, accountId: string, asks: NewForm['fields']): Promise<Field[]> {
  if (asks.length === 0) return []
  const open = new Map((await listFields(db, accountId)).map((field) => [field.name, field]))
  return asks.flatMap(({ name, required }) => {
    const field = open.get(name)
    return field ? [{ ...field, required }] : []
  })
}

function topicsOf(db: Db, accountId: string, ids: string[]): Promise<ShownForm['topics']> {
  return rows(
    db,
    sql<ShownForm['topics'][number]>`
    select topic_id as id, name, description from topics
    where account_id = ${accountId} and topic_id = any (${ids}::bigint[]) and archived_at is null
    order by position, topic_id`,
  )
}

const shownForms = (accountId: string) => sql`
  select form.form_id, form.name, form.thanks, form.return_url, form.fields as asks, form.topic_ids::text[] as topic_ids,
    form.group_ids::text[] as group_ids,
    jsonb_build_object('language', wording.language, 'heading', wording.heading, 'intro', wording.intro,
                       'consent', wording.consent, 'version', wording.version) as texts
  from forms form
  join form_wordings wording on wording.account_id = form.account_id and wording.form_id = form.form_id and wording.version = form.version
  where form.account_id = ${accountId}`
