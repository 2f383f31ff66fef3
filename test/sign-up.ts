// Signing up as a person does, and taking the link out of the mail.
import { randomBytes } from 'node:crypto'
import { confirmUrl, makeStamp, remakeToken } from '../src/audience/sign-up-token.ts'
import type { Core } from '../src/platform/core.ts'
import { maybeRow, run, sql } from '../src/platform/database.ts'
import type { TestDatabase } from './database.ts'
import { keyOf } from './sample.ts'

type Parts = Pick<Core, 'db' | 'keys' | 'config'> & { asOwner: TestDatabase['asOwner'] }

export const BROWSER = 'Tests/1.0'

/** Fills a form in and sends it, shown 5 seconds ago, by default from a connection of its own. */
export function fillIn(
  { keys, config }: Pick<Core, 'keys' | 'config'>,
  path: string,
  address: string,
  {
    given = {},
    ip = someIp(),
    language,
  }: {
    given?: Record<string, string | string[]> | undefined
    ip?: string
    language?: string
  } = {},
): Promise<Response> {
  const at = makeStamp(keys.link, path, new Date(Date.now() - 5000))
  const body = new URLSearchParams()
  for (const [name, value] of Object.entries({ address, at, consent: 'yes', ...given }))
    for (const each of [value].flat()) body.append(name, each)
  return fetch(`${config.baseUrl}/s/${path}${language ? `?lang=${language}` : ''}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'user-agent': BROWSER, 'x-forwarded-for': ip },
    body,
  })
}

const someIp = () => `10.${[...randomBytes(3)].join('.')}`

/** The link in the latest confirmation mail to an address, or null when none was handed over or it was used. */
export async function linkTo(core: Parts, accountId: string, address: string): Promise<string | null> {
  const found = await maybeRow(
    core.asOwner.db,
    sql<{ salt: Buffer; token_hash: Buffer; path: string }>`
    select asked.salt, asked.token_hash, concat_ws('-', asked.account_id, form.code) as path
    from sign_ups asked
    join confirmation_mails mail using (account_id, sign_up_id)
    left join forms form using (account_id, form_id)
    where account_id = ${accountId} and asked.address_key = ${keyOf(core, address)} and mail.handed_over_at is not null
      and asked.confirmed_at is null
    order by sign_up_id desc limit 1`,
  )
  const token = found && remakeToken(core.keys.link, accountId, found.salt, found.token_hash)
  return token ? confirmUrl(core.config.baseUrl, found.path, token) : null
}

/** Says that the waiting confirmation mails were handed to a mail server, where no sender runs. */
export const handAllOver = ({ asOwner }: Parts) =>
  run(
    asOwner.db,
    sql`update confirmation_mails set state = 'accepted', handed_over_at = now(), message_id = '<test@sender.example>' where state = 'waiting'`,
  )

/** A day goes by for the limits of addresses. */
export const forgetLimits = ({ asOwner }: Parts, accountId: string) =>
  run(asOwner.db, sql`delete from confirmation_limits where account_id = ${accountId}`)

/** Presses the button behind a link. */
export const press = (link: string) =>
  fetch(link, { method: 'POST', redirect: 'manual', headers: { 'user-agent': BROWSER }, body: new URLSearchParams() })
