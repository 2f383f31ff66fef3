import type pg from 'pg'
import { expect, test } from 'vitest'
import { freshDatabase } from '../../test/database.ts'

// The guards run for every row that an import writes: what they read may not grow with the number of opt-outs.
const { asOwner } = await freshDatabase()

const KEY = `substr(sha256(n::text::bytea), 1, 16)`
const add = (from: number, to: number) => `
  insert into contacts (account_id, address, canonical, address_key)
    select 1, n || '@post.example', n || '@post.example', ${KEY} from generate_series(${from}, ${to}) n;
  insert into messages (account_id, mailing_id, contact_id, address_key)
    select account_id, 1, contact_id, address_key from contacts where address_key in (select ${KEY} from generate_series(${from}, ${to}) n)`
const optOut = (from: number, to: number) => `
  insert into standing_optouts (account_id, address_key, entry_id, source, opted_out_at)
    select 1, ${KEY}, 1, 'bulk', now() from generate_series(${from}, ${to}) n`

const WRITES: [string, (from: number, to: number) => string][] = [
  [
    'a change of a contact',
    (from, to) => `update contacts set fields = '{"town": "Kiel"}' where contact_id between ${from} and ${to}`,
  ],
  [
    'a new member of a group',
    (from, to) => `insert into group_members (account_id, group_id, contact_id)
      select account_id, 1, contact_id from contacts where contact_id between ${from} and ${to}`,
  ],
  [
    'a change to Error',
    (from, to) => `insert into contact_errors (account_id, contact_id, reason)
      select account_id, contact_id, 'manual' from contacts where contact_id between ${from} and ${to}`,
  ],
  ['a hand-over', (from, to) => `update messages set state = 'handed_over' where contact_id between ${from} and ${to}`],
]

test.for(WRITES)('%s costs the same with 5 opt-outs and with 5,000, however it is planned', async ([, write]) => {
  for (const setting of ['enable_nestloop', 'enable_hashjoin']) {
    const client = await asOwner.pool.connect()
    try {
      await client.query(`begin; set local ${setting} = off`)
      await client.query('truncate contacts, messages, group_members, contact_errors restart identity cascade')
      await client.query(`with organization as (insert into organizations (name) values ('Guarded') returning organization_id)
        insert into accounts (account_id, organization_id, name) overriding system value
        select 1, organization_id, 'Guarded' from organization`)
      await client.query(
        `insert into groups (account_id, group_id, name) overriding system value values (1, 1, 'Guarded')`,
      )
      await client.query(`${add(1, 100)}; ${optOut(1_000_001, 1_000_005)}; analyze standing_optouts, contacts`)
      await client.query(write(1, 10)) // the plan that this connection keeps was made for five
      await client.query(optOut(1_000_006, 1_005_000))
      const before = await tuplesRead(client)
      await client.query(write(11, 60))
      expect((await tuplesRead(client)) - before, setting).toBeLessThanOrEqual(100)
    } finally {
      await client.query('rollback')
      client.release(true)
    }
  }
})

/** Rows of standing opt-outs that this transaction read, however it found them. */
async function tuplesRead(client: pg.PoolClient): Promise<number> {
  const { rows } = await client.query<{ read: string }>(
    `select seq_tup_read + coalesce(idx_tup_fetch, 0) as read from pg_stat_xact_user_tables where relname = 'standing_optouts'`,
  )
  return Number(rows[0]?.read)
}
