import { type Db, maybeRow, sql } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import { getAccount } from './account.ts'
import type { Caller } from './caller.ts'
import type { AccountErrorCode } from './errors.ts'
import type { Me } from './session.contract.ts'

/**
 * The signed-in person with the account they work in.
 *
 * @throws request.forbidden for an API key, which is no person
 */
export async function whoAmI(db: Db, caller: Caller): Promise<Pick<Me, 'user' | 'account'>> {
  const person = await maybeRow(
    db,
    sql<{ user_id: string; email: string; name: string }>`
    select user_id, email, name from users where user_id = ${caller.userId}`,
  )
  if (!person)
    throw new DomainError<AccountErrorCode>('request.forbidden', 'An API key has no person. See GET /account instead.')
  return {
    user: { id: person.user_id, email: person.email, name: person.name },
    account: await getAccount(db, caller.accountId),
  }
}
