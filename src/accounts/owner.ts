import type { Core } from '../platform/core.ts'
import { type Db, maybeRow, row, run, sql, type Trx, transaction } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import { ensureApiKey } from './api-key.ts'
import { noteAct } from './audit.ts'
import type { AccountErrorCode } from './errors.ts'
import { hashPassword, passwordProblem } from './password.ts'
import type { NewOwner } from './session.contract.ts'
import { newToken, tokenHash } from './tokens.ts'

/** Held while an owner is made, so that two starts or two clicks make one. */
const OWNER_LOCK = 1279739

export type Owner = { userId: string; accountId: string }

/** True while nobody can sign in yet. */
export async function isOwnerNeeded(db: Db): Promise<boolean> {
  return (await row(db, sql<{ needed: boolean }>`select not exists (select from users) as needed`)).needed
}

/**
 * A new link with which the owner is created once, or null when there is one already.
 *
 * The token stands behind a #, so that it reaches no server log and no Referer.
 */
export async function ownerLink({ db, config }: Pick<Core, 'db' | 'config'>): Promise<string | null> {
  if (!(await isOwnerNeeded(db))) return null
  const token = newToken()
  await run(db, sql`insert into owner_links (token_hash) values (${tokenHash(token)})`)
  return `${config.baseUrl}/welcome#${token}`
}

/**
 * Creates the owner, with organization and account, by the one-time link.
 *
 * @throws owner.link_used when the link is not ours, was used or an owner exists; account.invalid for a bad password
 */
export async function createOwner(core: Core, asked: NewOwner): Promise<Owner> {
  const email = asked.email.trim().toLowerCase()
  const hash = tokenHash(asked.token)
  if (!(await isOpenLink(core.db, hash))) throw linkUsed()
  refuseEasyPassword(asked.password, email)
  const passwordHash = await hashPassword(asked.password)
  return transaction(core.db, async (trx) => {
    await lockOwner(trx)
    if (!(await isOpenLink(trx, hash))) throw linkUsed()
    await run(trx, sql`update owner_links set used_at = ${core.clock()} where token_hash = ${hash}`)
    return insertOwner(trx, { email, passwordHash, name: asked.name ?? '', accountName: asked.accountName })
  })
}

/**
 * Creates what OWNER_EMAIL with OWNER_PASSWORD and OWNER_API_KEY ask for; does nothing about what is there already.
 *
 * @throws account.invalid when the password is too easy
 */
export async function ensureOwner(core: Core): Promise<void> {
  const { owner, ownerApiKey } = core.config
  if (!owner && !ownerApiKey) return
  if (owner && (await isOwnerNeeded(core.db))) {
    refuseEasyPassword(owner.password, owner.email)
    const passwordHash = await hashPassword(owner.password)
    await transaction(core.db, async (trx) => {
      await lockOwner(trx)
      if (await isOwnerNeeded(trx))
        await insertOwner(trx, { email: owner.email, passwordHash, name: '', accountName: '' })
    })
  }
  if (ownerApiKey)
    await transaction(core.db, async (trx) => {
      await lockOwner(trx)
      const { accountId } = await ensureAccount(trx, '')
      await ensureApiKey(trx, accountId, 'OWNER_API_KEY', ownerApiKey)
    })
}

async function isOpenLink(db: Db, hash: Buffer): Promise<boolean> {
  const { open } = await row(
    db,
    sql<{ open: boolean }>`
    select exists (select from owner_links where token_hash = ${hash} and used_at is null)
       and not exists (select from users) as open`,
  )
  return open
}

const linkUsed = () =>
  new DomainError<AccountErrorCode>(
    'owner.link_used',
    'This link was used before or is not complete. Sign in, or start the program again to get a new one.',
  )

type OwnerValues = { email: string; passwordHash: string; name: string; accountName: string }

async function insertOwner(trx: Trx, { email, passwordHash, name, accountName }: OwnerValues): Promise<Owner> {
  const { accountId, organizationId } = await ensureAccount(trx, accountName)
  const { user_id } = await row(
    trx,
    sql<{ user_id: string }>`
    insert into users (organization_id, email, name, password_hash)
    values (${organizationId}, ${email}, ${name}, ${passwordHash}) returning user_id`,
  )
  await noteAct(trx, { accountId, userId: user_id, apiKeyId: null }, 'owner.created')
  return { userId: user_id, accountId }
}

/** The first account; a key from the settings may have needed it before there was an owner to name it. */
async function ensureAccount(trx: Trx, name: string) {
  const found = await maybeRow(
    trx,
    sql<{ account_id: string; organization_id: string }>`
    select account_id, organization_id from accounts order by account_id limit 1`,
  )
  if (!found) return insertAccount(trx, name || 'My account')
  if (name) {
    await run(trx, sql`update accounts set name = ${name} where account_id = ${found.account_id}`)
    await run(trx, sql`update organizations set name = ${name} where organization_id = ${found.organization_id}`)
  }
  return { accountId: found.account_id, organizationId: found.organization_id }
}

/** An organization with one account and the fields that every audience begins with. */
export async function insertAccount(trx: Trx, name: string) {
  const made = await row(
    trx,
    sql<{ account_id: string; organization_id: string }>`
    with organization as (insert into organizations (name) values (${name}) returning organization_id)
    insert into accounts (organization_id, name) select organization_id, ${name} from organization
    returning account_id, organization_id`,
  )
  await run(
    trx,
    sql`
    insert into fields (account_id, name, label, position)
    values (${made.account_id}, 'first_name', 'First name', 0), (${made.account_id}, 'last_name', 'Last name', 1)`,
  )
  return { accountId: made.account_id, organizationId: made.organization_id }
}

const lockOwner = (trx: Trx) => sql`select pg_advisory_xact_lock(${OWNER_LOCK}::int, 0)`.execute(trx)

function refuseEasyPassword(password: string, email: string) {
  const problem = passwordProblem(password, email)
  if (problem)
    throw new DomainError<AccountErrorCode>('account.invalid', problem, {
      fields: [{ path: '/password', message: problem }],
    })
}
