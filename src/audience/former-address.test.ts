import { expect, test } from 'vitest'
import { freshDatabase } from '../../test/database.ts'
import { testCore } from '../../test/program.ts'
import { insertContact, keyOf } from '../../test/sample.ts'
import { run, sql } from '../platform/database.ts'
import { changeContact } from './contact.ts'

const core = testCore(await freshDatabase())

test('the application itself cannot write or forget former addresses (INV-12)', async () => {
  const id = await insertContact(core, '1', 'ann@post.example')
  await changeContact(core, { accountId: '1', userId: null, apiKeyId: null }, id, { address: 'ann.now@post.example' })
  for (const statement of [
    sql`delete from contact_former_addresses where account_id = 1`,
    sql`update contact_former_addresses set contact_id = 1 where account_id = 1`,
    sql`insert into contact_former_addresses (account_id, address_key, contact_id) values (1, ${keyOf(core, 'x@y.example')}, ${id})`,
  ])
    await expect(run(core.db, statement)).rejects.toMatchObject({ code: '42501' })
})
