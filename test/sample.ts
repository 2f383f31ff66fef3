import { addressKey, isAddress, readAddress } from '../src/optouts/address.ts'
import type { Core } from '../src/platform/core.ts'
import { row, sql } from '../src/platform/database.ts'

/** The key of an address, as the program would work it out. */
export function keyOf({ keys }: Pick<Core, 'keys'>, address: string): Buffer {
  const read = readAddress(address)
  if (!isAddress(read)) throw new Error(read.problem)
  return addressKey(keys.address, read.optOutForm)
}

/** Puts a contact into the table, as an import would. */
export async function insertContact(core: Core, accountId: string, address: string, fields = {}): Promise<string> {
  const read = readAddress(address)
  if (!isAddress(read)) throw new Error(read.problem)
  const { contact_id } = await row(
    core.db,
    sql<{ contact_id: string }>`
    insert into contacts (account_id, address, canonical, address_key, fields)
    values (${accountId}, ${read.address}, ${read.canonical}, ${keyOf(core, address)}, ${JSON.stringify(fields)}::jsonb)
    returning contact_id`,
  )
  return contact_id
}
