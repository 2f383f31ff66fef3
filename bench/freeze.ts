// How long it takes to freeze an audience: one statement, beside the bare insert of as many rows into the same table.
//   npm run --silent bench -- freeze --rows 1000000
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { insertAccount } from '../src/accounts/owner.ts'
import { audienceSums, countMissing, freezeAudience } from '../src/mailings/audience.ts'
import { type Db, openDatabase, row, run, sql, transaction } from '../src/platform/database.ts'
import { startEmbedded } from '../src/platform/embedded.ts'
import { migrate } from '../src/platform/migrate.ts'
import { mailingCounts } from '../src/response/counts.ts'

const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' } } })
const people = Number(values.rows)

/** People in two groups of which they are in one or both; three in ten opted out. */
async function fill(db: Db, accountId: string): Promise<string> {
  await run(
    db,
    sql`
    insert into contacts (account_id, address, canonical, address_key, fields)
    select ${accountId}, 'reader' || n || '@post.example', 'reader' || n || '@post.example', decode(md5(n::text), 'hex'),
           jsonb_build_object('first_name', 'Reader ' || n)
    from generate_series(1, ${people}::int) n`,
  )
  for (const name of ['One', 'Two']) {
    const { group_id } = await row(
      db,
      sql<{
        group_id: string
      }>`insert into groups (account_id, name) values (${accountId}, ${name}) returning group_id`,
    )
    await run(
      db,
      sql`
      insert into group_members (account_id, group_id, contact_id)
      select account_id, ${group_id}, contact_id from contacts
      where account_id = ${accountId} and contact_id % ${name === 'One' ? 1 : 5} = 0`,
    )
  }
  await run(
    db,
    sql`
    select from record_optouts(${accountId}, array(select address_key from contacts where account_id = ${accountId} and contact_id % 10 < 3),
      'api', null, null, null, '{}')`,
  )
  const { mailing_id } = await row(
    db,
    sql<{
      mailing_id: string
    }>`insert into mailings (account_id, name) values (${accountId}, 'Lanterns') returning mailing_id`,
  )
  await run(
    db,
    sql`
    insert into mailing_groups (account_id, mailing_id, group_id)
    select account_id, ${mailing_id}, group_id from groups where account_id = ${accountId}`,
  )
  await sql`vacuum analyze`.execute(db)
  return mailing_id
}

async function timed<Result>(work: () => Promise<Result>): Promise<[seconds: number, result: Result]> {
  const began = performance.now()
  const result = await work()
  return [(performance.now() - began) / 1000, result]
}

async function measure(db: Db) {
  const { accountId } = await transaction(db, (trx) => insertAccount(trx, 'Bench'))
  const mailingId = await fill(db, accountId)
  const [sums] = await timed(() => audienceSums(db, accountId, mailingId))
  const [missing] = await timed(() => countMissing(db, accountId, mailingId, ['first_name', 'last_name', 'city']))
  const [seconds, frozen] = await timed(() => freezeAudience(db, accountId, mailingId))
  const [counts] = await timed(() => mailingCounts(db, accountId, [mailingId]))
  const [floorSeconds] = await timed(() =>
    run(
      db,
      sql`
      insert into messages (account_id, mailing_id, contact_id, address_key)
      select account_id, 0, contact_id, address_key from messages where account_id = ${accountId}`,
    ),
  )
  const round = (value: number) => Number(value.toFixed(2))
  console.log(
    `audience counted in ${round(sums)} s, missing details in ${round(missing)} s, counts read in ${round(counts)} s`,
  )
  console.log(
    JSON.stringify({
      name: 'freeze',
      rows: frozen,
      seconds: round(seconds),
      perSecond: Math.round(frozen / seconds),
      floorSeconds: round(floorSeconds),
      ratio: round(seconds / floorSeconds),
      peakMB: Math.round(process.resourceUsage().maxRSS / 1024),
    }),
  )
}

const dir = await mkdtemp(join(tmpdir(), 'last-word-bench-'))
await chmod(dir, 0o711) // as root, the server's own user must enter
const server = await startEmbedded(dir)
try {
  await migrate(server.url)
  const { db, close } = openDatabase(server.url, { role: null })
  await measure(db)
  await close()
} finally {
  await server.stop()
  await rm(dir, { recursive: true, force: true })
}
