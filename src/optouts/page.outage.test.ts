import { expect, test } from 'vitest'
import { databaseNamed } from '../../test/database-url.ts'
import { startProgram } from '../../test/program.ts'
import { insertContact, keyOf } from '../../test/sample.ts'
import { openDatabase, rows, run, sql } from '../platform/database.ts'
import { signLink } from './link.ts'

const { core, url, accountId, databaseUrl } = await startProgram({ jobs: false })
await run(
  core.db,
  sql`update accounts set name = 'Fernmoor Garden', contact_url = 'mailto:hello@fernmoor.example' where account_id = ${accountId}`,
)
await insertContact(core, accountId, 'ines@post.example')
const addressKey = keyOf(core, 'ines@post.example')
const link = `${url}/o/${signLink(core.keys.link, { accountId, addressKey, mailingId: null }).token}`
const isOut = async () =>
  (await rows(core.asOwner.db, sql`select from standing_optouts where account_id = ${accountId}`)).length === 1

/** Breaks the statement that records opt-outs, as a full disk or a fault in it would, and mends it. */
async function whileRecordingFails(sqlState: string, work: () => Promise<void>) {
  const owner = core.asOwner.db
  await run(
    owner,
    sql.raw(
      `create function fail() returns trigger language plpgsql as $$ begin raise exception 'no' using errcode = '${sqlState}'; end $$`,
    ),
  )
  await run(owner, sql`create trigger a_fail before insert on optout_ledger for each row execute function fail()`)
  try {
    await work()
  } finally {
    await run(owner, sql`drop function fail cascade`)
  }
}

test.each(['53100', 'XX000'])(
  'an opt-out that cannot be written down is answered with 503, never with success: %s (INV-10, SE-16)',
  async (state) => {
    await fetch(link) // the page was seen before
    await whileRecordingFails(state, async () => {
      const oneClick = await fetch(link, {
        method: 'POST',
        body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }),
      })
      expect([oneClick.status, oneClick.headers.get('retry-after')]).toEqual([503, '5'])
      const page = await fetch(link, { method: 'POST' })
      const text = await page.text()
      expect(page.status).toBe(503)
      expect(text).toContain('<h1 tabindex="-1" autofocus>Your opt-out is not recorded yet</h1>')
      expect(text).toContain('<button type="submit">Opt out</button>')
      const typed = await fetch(`${url}/o`, {
        method: 'POST',
        body: new URLSearchParams({ address: 'ines@post.example' }),
      })
      expect(typed.status).toBe(503)
      expect(await isOut()).toBe(false)
    })
  },
)

test('an invalid link stays a 404 when it cannot be counted', async () => {
  await run(core.asOwner.db, sql`revoke insert, update on link_failures from lastword_app`)
  expect((await fetch(`${url}/o/forged`, { method: 'POST' })).status).toBe(404)
  await run(core.asOwner.db, sql`grant insert, update on link_failures to lastword_app`)
})

test('an opt-out that is recorded is answered as done even when its page cannot be filled in (INV-10)', async () => {
  await run(core.asOwner.db, sql`revoke select on accounts from lastword_app`)
  const answer = await fetch(link, { method: 'POST' })
  expect([answer.status, await answer.text()]).toEqual([
    200,
    expect.stringContaining('Fernmoor Garden sends no more mail to this address.'),
  ])
  expect(await isOut()).toBe(true)
  await run(core.asOwner.db, sql`grant select on accounts to lastword_app`)
})

test('with the database away every page says so and whom to write to, and works when it is back (INV-10)', async () => {
  const name = new URL(databaseUrl).pathname.slice(1)
  const server = openDatabase(databaseNamed(databaseUrl, 'postgres'), { role: null, connections: 1 })
  await run(server.db, sql`alter database ${sql.ref(name)} allow_connections false`)
  await rows(server.db, sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`)
  for (const method of ['GET', 'POST']) {
    const answer = await fetch(link, { method })
    const text = await answer.text()
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
    expect(text).toContain('Your opt-out is not recorded yet</h1>')
    expect(text).toContain('or write to <a href="mailto:hello@fernmoor.example"')
  }
  expect((await fetch(`${url}/s/${accountId}`)).status).toBe(503)
  await run(server.db, sql`alter database ${sql.ref(name)} allow_connections true`)
  await server.close()
  // A connection that broke meanwhile may fail one more request before it is replaced.
  await expect.poll(async () => (await fetch(link)).status).toBe(200)
})
