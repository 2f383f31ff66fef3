// Export of everybody to CSV or XLSX through the job, against COPY of the same rows to a file by the database's own client.
//   npm run --silent bench -- export --rows 1000000 [--format xlsx]
import { createWriteStream } from 'node:fs'
import { chmod, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { to } from 'pg-copy-streams'
import { insertAccount } from '../src/accounts/owner.ts'
import { exportPath } from '../src/audience/export-file.ts'
import { runExport } from '../src/audience/export-job.ts'
import { createField } from '../src/audience/field.ts'
import { systemClock } from '../src/platform/clock.ts'
import { readConfig } from '../src/platform/config.ts'
import type { Core } from '../src/platform/core.ts'
import { type Db, openDatabase, row, run, sql, transaction } from '../src/platform/database.ts'
import { startEmbedded } from '../src/platform/embedded.ts'
import { loadKeys } from '../src/platform/keys.ts'
import { openLog } from '../src/platform/log.ts'
import { migrate } from '../src/platform/migrate.ts'

const { values: given } = parseArgs({
  options: { rows: { type: 'string', default: '1000000' }, format: { type: 'string', default: 'csv' } },
})
const rows = Number(given.rows)
const OPTED_OUT = 0.3

/** Contacts with four details; three of ten have opted out and are not exported. */
async function fill(db: Db, accountId: string): Promise<void> {
  for (const label of ['Town', 'Note']) await createField(db, accountId, { label })
  await run(
    db,
    sql`
    insert into contacts (account_id, address, canonical, address_key, fields)
    select ${accountId}, address, address, substr(sha256(convert_to(address, 'UTF8')), 1, 16),
           jsonb_build_object('first_name', 'Ines', 'last_name', 'Lindqvist' || n % 1000, 'town', 'Graz, ' || n % 77, 'note', '+43 ' || n)
    from generate_series(1, ${rows}::bigint) n, lateral (select 'person.' || n || '@post.example' as address) named`,
  )
  await run(
    db,
    sql`
    insert into standing_optouts (account_id, address_key, entry_id, source, opted_out_at)
    select account_id, address_key, 1, 'bulk', now() from contacts where account_id = ${accountId} and contact_id * 7919 % 10 < ${OPTED_OUT * 10}`,
  )
  await sql`vacuum analyze`.execute(db)
}

async function floor(core: Core, accountId: string, file: string): Promise<number> {
  const client = await core.pool.connect()
  const start = performance.now()
  const copied = client.query(
    to(`copy (
      select address, case when exists (select from contact_errors failure where failure.account_id = contact.account_id
          and failure.contact_id = contact.contact_id) then 'Error' else 'Active' end, created_at,
        fields ->> 'first_name', fields ->> 'last_name', fields ->> 'town', fields ->> 'note'
      from contacts contact
      where account_id = ${accountId} and archived_at is null and not exists (select from standing_optouts standing
        where standing.account_id = contact.account_id and standing.address_key = contact.address_key)
      order by contact_id) to stdout with (format csv)`),
  )
  await pipeline(copied, createWriteStream(file))
  client.release()
  return (performance.now() - start) / 1000
}

async function exportAll(core: Core, accountId: string) {
  const request = {
    selection: { filter: {} },
    columns: ['address', 'status', 'added', 'fields.first_name', 'fields.last_name', 'fields.town', 'fields.note'],
    format: given.format,
  }
  const { export_id, path } = await row(
    core.db,
    sql<{ export_id: string; path: string }>`
    insert into exports (account_id, request, file_name, path)
    values (${accountId}, ${JSON.stringify(request)}::jsonb, 'contacts', gen_random_uuid()::text) returning export_id, path`,
  )
  const start = performance.now()
  const made = await runExport(core, {
    db: core.db,
    accountId,
    jobId: '0',
    payload: { exportId: export_id },
    progress: async () => {},
    isCancelAsked: async () => false,
  })
  return { seconds: (performance.now() - start) / 1000, made, size: (await stat(exportPath(core, path))).size }
}

async function measure() {
  const dir = await mkdtemp(join(tmpdir(), 'last-word-bench-'))
  await chmod(dir, 0o711) // as root, the server's own user must enter
  const server = await startEmbedded(dir)
  try {
    await migrate(server.url)
    const owner = openDatabase(server.url, { role: null })
    const { accountId } = await transaction(owner.db, (trx) => insertAccount(trx, 'Bench'))
    await fill(owner.db, accountId)
    await owner.close()
    const database = openDatabase(server.url)
    const config = { ...readConfig({}), dataDir: dir }
    const core: Core = { ...database, config, keys: loadKeys(config), clock: systemClock, log: openLog('silent') }
    const before = process.memoryUsage().rss
    let peak = before
    const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20)
    const { seconds, made, size } = await exportAll(core, accountId)
    clearInterval(watch)
    const floorSeconds = await floor(core, accountId, join(dir, 'floor.csv'))
    await database.close()
    console.log({ made, megabytes: Math.round(size / 1e6) })
    const round = (n: number) => Math.round(n * 100) / 100
    console.log(
      JSON.stringify({
        name: 'export',
        format: given.format,
        rows,
        seconds: round(seconds),
        perSecond: Math.round(rows / seconds),
        floorSeconds: round(floorSeconds),
        ratio: round(seconds / floorSeconds),
        peakMB: Math.round(peak / 1e6),
      }),
    )
  } finally {
    await server.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

await measure()
