// How long it takes to opt out everybody of a group, of a segment and of a file, beside the bare set-based insert of the
// same keys into a table of the same shape, and beside one statement a row in transactions of 10,000, as listmonk does it.
//   npm run --silent bench -- optout --rows 1000000 [--rowwise 100000]
import { createReadStream } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { insertAccount } from '../src/accounts/owner.ts'
import { actOnSelection, startBulk } from '../src/audience/bulk.ts'
import { condition } from '../src/audience/condition.contract.ts'
import { createGroup } from '../src/audience/group.ts'
import { changeGroupStatus, startGroupStatus } from '../src/audience/group-status.ts'
import { importOptions } from '../src/audience/import.contract.ts'
import { startImport, uploadImport } from '../src/audience/import.ts'
import { runImport } from '../src/audience/import-job.ts'
import { createSegment } from '../src/audience/segment.ts'
import { readConfig } from '../src/platform/config.ts'
import type { Core } from '../src/platform/core.ts'
import { openDatabase, row, run, sql, transaction } from '../src/platform/database.ts'
import { startEmbedded } from '../src/platform/embedded.ts'
import { loadKeys } from '../src/platform/keys.ts'
import { openLog } from '../src/platform/log.ts'
import { migrate } from '../src/platform/migrate.ts'

const { values: given } = parseArgs({
  options: { rows: { type: 'string', default: '1000000' }, rowwise: { type: 'string', default: '100000' } },
})
const rows = Number(given.rows)
const rowwiseRows = Math.min(rows, Number(given.rowwise))
const IN_ONE_TRANSACTION = 10_000
const dir = await mkdtemp(join(tmpdir(), 'last-word-bench-'))
await chmod(dir, 0o711) // as root, the server's own user must enter
const server = await startEmbedded(dir)
const owner = openDatabase(server.url, { role: null })
const program = openDatabase(server.url)

const addressOf = (n: number) => `reader${n}@post${n % 5}.example`

/** Everybody in one group, with a field that the segment asks for. */
async function fill(accountId: string) {
  const group = await createGroup(owner.db, { accountId, userId: null, apiKeyId: null }, 'Everybody')
  await run(
    owner.db,
    sql`
    insert into contacts (account_id, address, canonical, address_key, fields)
    select ${accountId}, address, address, substr(sha256(convert_to(address, 'UTF8')), 1, 16), '{"first_name": "Anna"}'
    from (select 'reader' || n || '@post' || n % 5 || '.example' as address from generate_series(1, ${rows}::bigint) n) people`,
  )
  await run(
    owner.db,
    sql`
    insert into group_members (account_id, group_id, contact_id)
    select account_id, ${group.id}, contact_id from contacts where account_id = ${accountId}`,
  )
  await writeFile(
    join(dir, 'people.csv'),
    `E-Mail\r\n${Array.from({ length: rows }, (_, n) => addressOf(n + 1)).join('\r\n')}\r\n`,
  )
  await sql`create table bare (like standing_optouts including all)`.execute(owner.db)
  await sql`vacuum analyze`.execute(owner.db)
  return group.id
}

/** The tables as they were before anybody opted out; only a benchmark, as owner, can do that. */
async function startOver() {
  await sql`alter table standing_optouts disable trigger user`.execute(owner.db)
  await sql`truncate standing_optouts, bare`.execute(owner.db)
  await sql`alter table standing_optouts enable trigger user`.execute(owner.db)
  await sql`checkpoint`.execute(owner.db)
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  await startOver()
  const startedAt = performance.now()
  await work()
  return (performance.now() - startedAt) / 1000
}

const bare = (accountId: string) =>
  run(
    owner.db,
    sql`
    insert into bare (account_id, address_key, entry_id, source, opted_out_at)
    select account_id, address_key, 1, 'bulk', now() from contacts where account_id = ${accountId}`,
  )

/** One statement a row: what a program does that loops over the people. */
async function rowwise(accountId: string) {
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  const people = await client.query('select address_key from contacts where account_id = $1 limit $2', [
    accountId,
    rowwiseRows,
  ])
  for (let from = 0; from < people.rows.length; from += IN_ONE_TRANSACTION) {
    await client.query('begin')
    for (const { address_key } of people.rows.slice(from, from + IN_ONE_TRANSACTION))
      await client.query({
        name: 'one',
        text: `insert into bare (account_id, address_key, entry_id, source, opted_out_at) values ($1, $2, 1, 'bulk', now())
               on conflict do nothing`,
        values: [accountId, address_key],
      })
    await client.query('commit')
  }
  await client.end()
}

async function measure() {
  await migrate(server.url)
  const { accountId } = await transaction(owner.db, (trx) => insertAccount(trx, 'Bench'))
  const groupId = await fill(accountId)
  const actor = { accountId, userId: null, apiKeyId: null }
  const caller = { ...actor, scope: 'full' } as const
  const { db } = program
  const core: Core = {
    ...program,
    config: readConfig({ DATA_DIR: dir, LOG_LEVEL: 'warn' }),
    keys: loadKeys({ dataDir: dir, keys: {} }),
    clock: () => new Date(),
    log: openLog('warn'),
  }
  const progress = async () => {}
  const isCancelAsked = async () => false
  const payloadOf = async (jobId: string) =>
    (await row(owner.db, sql<{ payload: Record<string, unknown> }>`select payload from jobs where job_id = ${jobId}`))
      .payload
  const contextOf = async (jobId: string) => ({
    db,
    accountId,
    jobId,
    payload: await payloadOf(jobId),
    progress,
    isCancelAsked,
  })
  const segment = await createSegment(db, actor, {
    name: 'Annas',
    condition: condition.parse({ type: 'field', field: 'first_name', op: 'is', values: ['Anna'] }),
  })
  const ways = {
    group: async () =>
      changeGroupStatus(await contextOf((await startGroupStatus(db, actor, groupId, 'opt_out')).job_id)),
    segment: async () => {
      const selection = { filter: { segmentId: segment.id, archived: false } }
      const job = await startBulk(db, actor, { selection, act: { type: 'set_status', status: 'opt_out' } })
      return actOnSelection(await contextOf(job.job_id))
    },
    file: async () => {
      const importId = await uploadImport(core, caller, createReadStream(join(dir, 'people.csv')), 'people.csv')
      await startImport(core, caller, importId, importOptions.parse({ asOptOuts: true }))
      return runImport(core, { db, accountId, jobId: '0', payload: { importId }, progress, isCancelAsked })
    },
  }
  const floorSeconds = Math.min(await secondsOf(() => bare(accountId)), await secondsOf(() => bare(accountId)))
  const figures: Record<string, { seconds: number; perSecond: number; ratio: number }> = {}
  for (const [name, way] of Object.entries(ways)) {
    const seconds = await secondsOf(way)
    const { standing } = await row(
      owner.db,
      sql<{ standing: number }>`select count(*)::int as standing from standing_optouts`,
    )
    if (standing !== rows) throw new Error(`by ${name}: ${standing} opt-outs stand, not ${rows}`)
    figures[name] = {
      seconds: rounded(seconds),
      perSecond: Math.round(rows / seconds),
      ratio: rounded(seconds / floorSeconds),
    }
    console.log(`by ${name}: ${seconds.toFixed(2)} s, bare insert ${floorSeconds.toFixed(2)} s`)
  }
  const rowwisePerSecond = Math.round(rowwiseRows / (await secondsOf(() => rowwise(accountId))))
  const peakMB = Math.round(process.resourceUsage().maxRSS / 1024)
  console.log(
    JSON.stringify({ name: 'optout', rows, floorSeconds: rounded(floorSeconds), ...figures, rowwisePerSecond, peakMB }),
  )
}

const rounded = (figure: number) => Math.round(figure * 100) / 100

try {
  await measure()
} finally {
  await program.close()
  await owner.close()
  await server.stop()
  await rm(dir, { recursive: true, force: true })
}
