import type { Core } from '../platform/core.ts'
import { type Db, maybeRow, row, rows, run, sql, type Trx } from '../platform/database.ts'
import { untilUndisturbed } from './at-once.ts'
import { type Actor, noteContactEvent } from './contact-event.ts'
import type { FieldValues } from './field.contract.ts'
import { listFields } from './field.ts'
import { isProblem, readValue } from './field-value.ts'
import { findFormOfSignUp } from './form-shown.ts'
import { joinGroups } from './group-members.ts'
import { type FoundSignUp, findSignUp } from './sign-up-found.ts'

export type ConfirmRequest = { ip: string; userAgent: string; evidence: Record<string, unknown> }

/** `ended` is a token that was never ours, or whose 7 days are over: by then nobody can tell. */
export type Confirmed = { outcome: 'confirmed' | 'used' | 'domain'; signUp: FoundSignUp } | { outcome: 'ended' }

/**
 * Confirms a sign-up, because the holder of its address pressed the button behind the mailed link.
 *
 * This alone ends an opt-out (DEC-2, LW-16): of the address itself and of hashed lists that hold it, with an entry in the
 * ledger; not of a domain, which somebody else than the holder asked for. The contact is made or changed: what the form
 * asks for, its groups and topics. An Error ends, whatever its reason, because the mail arrived; so do the archive and a
 * hold. Consent is kept with its proof (LW-8). All of it or nothing; pressed twice it happened once.
 */
export function confirmSignUp(
  { db }: Pick<Core, 'db'>,
  accountId: string,
  token: Buffer,
  request: ConfirmRequest,
): Promise<Confirmed> {
  return untilUndisturbed(db, async (trx) => {
    const signUp = await findSignUp(trx, accountId, token)
    if (!signUp) return { outcome: 'ended' }
    const { outcome, entry_id, confirmed_at } = await row(
      trx,
      sql<{ outcome: Confirmed['outcome']; entry_id: string | null; confirmed_at: Date | null }>`
      select outcome, entry_id, confirmed_at from confirm_sign_up(${accountId}, ${token}, ${proofOf(signUp, request)}::jsonb)`,
    )
    if (outcome === 'ended') return { outcome }
    if (outcome !== 'confirmed' || !confirmed_at)
      return { outcome: outcome === 'domain' ? outcome : 'used', signUp: { ...signUp, confirmedAt: confirmed_at } }
    const contactId = await takeIn(trx, { accountId, userId: null, apiKeyId: null }, signUp)
    await keepConsent(trx, accountId, contactId, signUp, request, { entryId: entry_id, confirmedAt: confirmed_at })
    return { outcome, signUp: { ...signUp, confirmedAt: confirmed_at, optedOutAt: null } }
  })
}

/** What the ledger keeps of a re-consent; never an address (LW-12). */
const proofOf = (signUp: FoundSignUp, { ip, userAgent, evidence }: ConfirmRequest) =>
  JSON.stringify({
    ...evidence,
    form: { id: signUp.formId, name: signUp.formName, version: signUp.version },
    wording: signUp.consent,
    asked: { at: signUp.askedAt.toISOString(), ip: signUp.ip, userAgent: signUp.userAgent },
    confirmed: { ip, userAgent },
    mail: signUp.messageId,
  })

/** Makes or changes the contact, and gives its id. By now its address is not opted out. */
async function takeIn(trx: Trx, actor: Actor, signUp: FoundSignUp): Promise<string> {
  const { accountId } = actor
  const form = await findFormOfSignUp(trx, accountId, signUp.formId, accountId)
  const added = (await findKnown(trx, accountId, signUp)) ? undefined : await addFromForm(trx, accountId, signUp)
  const known = added ? undefined : await findKnown(trx, accountId, signUp) // somebody may have added it in this moment
  const contactId = added ?? known?.contact_id ?? ''
  if (known) await welcomeBack(trx, actor, known, signUp)
  await noteContactEvent(trx, actor, [contactId], 'signed_up', { form: signUp.formName, topics: signUp.topics })
  const open = await rows(
    trx,
    sql<{ group_id: string }>`
    select group_id from groups
    where account_id = ${accountId} and group_id = any (${form.groupIds}::bigint[]) and archived_at is null and kind = 'regular'`,
  )
  await joinGroups(
    trx,
    actor,
    contactId,
    open.map(({ group_id }) => group_id),
  )
  await run(
    trx,
    sql`
    insert into contact_topics (account_id, contact_id, topic_id, chosen, source)
    select ${accountId}, ${contactId}, topic_id, true, 'form' from topics
    where account_id = ${accountId} and topic_id = any (${signUp.topicIds}::bigint[])
    on conflict (account_id, contact_id, topic_id) do update set chosen = true, at = now(), source = 'form'
    where not contact_topics.chosen`,
  )
  return contactId
}

type Known = { contact_id: string; fields: FieldValues; archived: boolean }

/** The contact with this address, or else with another spelling of its mailbox. */
function findKnown(trx: Trx, accountId: string, { canonical, key }: FoundSignUp): Promise<Known | undefined> {
  return maybeRow(
    trx,
    sql<Known>`
    select contact_id, fields, archived_at is not null as archived from contacts
    where account_id = ${accountId} and address_key = ${key}
    order by canonical = ${canonical} desc, contact_id limit 1 for no key update`,
  )
}

async function addFromForm(trx: Trx, accountId: string, signUp: FoundSignUp): Promise<string | undefined> {
  const fields = await filled(trx, accountId, {}, signUp.fields)
  const added = await maybeRow(
    trx,
    sql<{ contact_id: string }>`
    insert into contacts (account_id, address, canonical, address_key, fields, source)
    values (${accountId}, ${signUp.address}, ${signUp.canonical}, ${signUp.key}, ${JSON.stringify(fields)}::jsonb, 'form')
    on conflict (account_id, canonical) do nothing returning contact_id`,
  )
  return added?.contact_id
}

async function welcomeBack(trx: Trx, actor: Actor, known: Known, signUp: FoundSignUp): Promise<void> {
  const { accountId } = actor
  const of = sql`account_id = ${accountId} and contact_id = ${known.contact_id}`
  const fields = await filled(trx, accountId, known.fields, signUp.fields)
  await run(
    trx,
    sql`update contacts set fields = ${JSON.stringify(fields)}::jsonb, archived_at = null, updated_at = now() where ${of}`,
  )
  if (known.archived) await noteContactEvent(trx, actor, [known.contact_id], 'restored', { confirmed: true })
  if ((await run(trx, sql`delete from contact_errors where ${of}`)) === 1)
    await noteContactEvent(trx, actor, [known.contact_id], 'to_active', { confirmed: true })
  if ((await run(trx, sql`update contact_holds set released_at = now() where ${of} and released_at is null`)) === 1)
    await noteContactEvent(trx, actor, [known.contact_id], 'released', { confirmed: true })
}

/** What a form gave, over what was there; a field that was archived or changed meanwhile is passed over. */
async function filled(db: Db, accountId: string, before: FieldValues, given: FieldValues): Promise<FieldValues> {
  const open = new Map((await listFields(db, accountId)).map((field) => [field.name, field]))
  const values = { ...before }
  for (const [name, entered] of Object.entries(given)) {
    const field = open.get(name)
    const value = field ? readValue(field, entered) : null
    if (value !== null && !isProblem(value)) values[name] = value
  }
  return values
}

function keepConsent(
  trx: Trx,
  accountId: string,
  contactId: string,
  signUp: FoundSignUp,
  { ip, userAgent }: ConfirmRequest,
  { entryId, confirmedAt }: { entryId: string | null; confirmedAt: Date },
) {
  return run(
    trx,
    sql`
    insert into consents (account_id, contact_id, form_id, form_name, version, wording, language, topics, asked_at, asked_ip,
                          asked_user_agent, mail_message_id, confirmed_at, confirmed_ip, confirmed_user_agent, entry_id)
    values (${accountId}, ${contactId}, ${signUp.formId}, ${signUp.formName}, ${signUp.version}, ${signUp.consent}, ${signUp.language},
            ${signUp.topics}::text[], ${signUp.askedAt}, ${signUp.ip}, ${signUp.userAgent}, ${signUp.messageId}, ${confirmedAt},
            ${ip}, ${userAgent.slice(0, 500)}, ${entryId})`,
  )
}
