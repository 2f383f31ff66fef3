import { type Db, maybeRow, row, run, sql, transaction } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import { noteAct } from './audit.ts'
import type { Caller } from './caller.ts'
import type { AccountErrorCode } from './errors.ts'
import type { Organization, OrganizationChange } from './organization.contract.ts'

type OrganizationRow = { organization_id: string; name: string; accounts: string[]; one_optout_since: Date | null }

/**
 * The organization that owns an account.
 *
 * @throws account.not_found
 */
export async function getOrganization(db: Db, accountId: string): Promise<Organization> {
  const { name, accounts, one_optout_since: since } = await find(db, accountId)
  return { name, accounts, oneOptOutSince: since?.toISOString() ?? null }
}

/**
 * Changes the organization's name, and lets an opt-out by link, one click or preferences page hold in every account of the organization, or in its own alone.
 *
 * Turned on, what holders of addresses said before is carried to the other accounts and to those that are added later,
 * in the same transaction. Turned off, nobody is freed: each account keeps what stands in it.
 *
 * @throws request.forbidden for an API key; account.not_found
 */
export async function changeOrganization(db: Db, caller: Caller, change: OrganizationChange): Promise<Organization> {
  const { accountId, userId } = caller
  const { name, oneOptOut } = change
  if (!userId)
    throw new DomainError<AccountErrorCode>('request.forbidden', 'Only a signed-in owner changes the organization.')
  await transaction(db, async (trx) => {
    const { organization_id } = await find(trx, accountId)
    if (name !== undefined)
      await run(trx, sql`update organizations set name = ${name} where organization_id = ${organization_id}`)
    if (oneOptOut !== undefined) await row(trx, sql`select set_one_optout(${organization_id}, ${oneOptOut}, ${userId})`)
    await noteAct(trx, caller, 'organization.changed', change)
  })
  return getOrganization(db, accountId)
}

async function find(db: Db, accountId: string): Promise<OrganizationRow> {
  const found = await maybeRow(
    db,
    sql<OrganizationRow>`
    select organization.organization_id, organization.name, organization.one_optout_since,
           array(select other.name from accounts other
                 where other.organization_id = organization.organization_id order by other.account_id) as accounts
    from accounts account join organizations organization using (organization_id)
    where account.account_id = ${accountId}`,
  )
  if (!found) throw new DomainError<AccountErrorCode>('account.not_found', 'There is no such account.')
  return found
}
