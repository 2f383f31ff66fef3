// The same import the way listmonk does it: one statement for each row, in transactions of 10,000 rows, over one
// connection, shaped like its upsert-subscriber (an upsert with returning, status kept as it is, list membership in the
// same statement). Same server, same tables with their indexes and triggers, no opt-outs standing, a group to join.
// Ours runs in this process, from the file on: reading, checking, opt-outs, outcomes of all rows and former details are in.
//   npm run --silent bench -- import-rowwise --rows 100000
import { createReadStream, createWriteStream } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { insertAccount } from '../src/accounts/owner.ts'
import { importOptions } from '../src/audience/import.contract.ts'
import { startImport, uploadImport } from '../src/audience/import.ts'
import { runImport } from '../src/audience/import-job.ts'
import { addressKey, isAddress, readAddress } from '../src/optouts/address.ts'
import { readConfig } from '../src/platform/config.ts'
import type { Core } from '../src/platform/core.ts'
import { openDatabase, transaction } from '../src/platform/database.ts'
import { startEmbedded } from '../src/platform/embedded.ts'
import { loadKeys } from '../src/platform/keys.ts'
import { openLog } from '../src/platform/log.ts'
import { migrate } from '../src/platform/migrate.ts'
import { databaseNamed } from '../test/database-url.ts'
import { csvRows } from './make-csv.ts'

const { values: given } = parseArgs({ options: { rows: { type: 'string', default: '100000' } } })
const rows = Number(given.rows)
const IN_ONE_TRANSACTION = 10_000
const dir = await mkdtemp(join(tmpdir(), 'last-word-bench-'))
await chmod(dir, 0o711) // as root, the server's own user must enter
const server = await startEmbedded(dir)
const keys = loadKeys({ dataDir: dir, keys: {} })

const UPSERT = `
  with person as (
    insert into contacts as contact (account_id, address, canonical, address_key, fields, import_id, source)
    values ($1, $2, $3, $4, $5, 1, 'import')
    on conflict (account_id, canonical) do update set fields = contact.fields || excluded.fields, updated_at = now()
    returning contact_id
  )
  insert into group_members (account_id, group_id, contact_id) select $1, $6, contact_id from person
  on conflict (account_id, group_id, contact_id) do nothing`

type Person = [address: string, canonical: string, key: Buffer, fields: string]

async function prepared(name: string) {
  const admin = new pg.Client({ connectionString: server.url })
  await admin.connect()
  await admin.query(`create database ${name}`)
  await admin.end()
  const url = databaseNamed(server.url, name)
  await migrate(url)
  const database = openDatabase(url)
  const { accountId } = await transaction(database.db, (trx) => insertAccount(trx, 'Bench'))
  return { url, database, accountId }
}

function peopleOf(text: string): Person[] {
  return text
    .split('\r\n')
    .slice(1)
    .flatMap((line): Person[] => {
      const [given = '', first, last, town] = line.split(',')
      const read = readAddress(given)
      if (!isAddress(read)) return []
      const fields = JSON.stringify({ first_name: first, last_name: last, town })
      return [[read.address, read.canonical, addressKey(keys.address, read.optOutForm), fields]]
    })
}

/** Seconds for all rows, one statement each. */
async function rowwise(url: string, accountId: string, people: Person[]): Promise<number> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('set role lastword_app')
  const startedAt = performance.now()
  const group = await client.query(
    `insert into groups (account_id, name) values ($1, 'Everybody') on conflict (account_id, lower(name)) where archived_at is null
     do update set name = excluded.name returning group_id`,
    [accountId],
  )
  for (let from = 0; from < people.length; from += IN_ONE_TRANSACTION) {
    await client.query('begin')
    for (const person of people.slice(from, from + IN_ONE_TRANSACTION))
      await client.query({ name: 'upsert', text: UPSERT, values: [accountId, ...person, group.rows[0].group_id] })
    await client.query('commit')
  }
  const seconds = (performance.now() - startedAt) / 1000
  await client.end()
  return seconds
}

/** Seconds for the same rows from the same file, by the program. */
async function ours({ database, accountId }: Awaited<ReturnType<typeof prepared>>, file: string): Promise<number> {
  const core: Core = {
    ...database,
    config: readConfig({ DATA_DIR: dir, LOG_LEVEL: 'warn' }),
    keys,
    clock: () => new Date(),
    log: openLog('warn'),
  }
  const caller = { accountId, userId: null, apiKeyId: null, scope: 'full' } as const
  const importId = await uploadImport(core, caller, createReadStream(file), 'people.csv')
  await startImport(
    core,
    caller,
    importId,
    importOptions.parse({ newGroups: ['Everybody'], mapping: { Town: 'new:Town' } }),
  )
  const startedAt = performance.now()
  const progress = async () => {}
  const isCancelAsked = async () => false
  await runImport(core, { db: core.db, accountId, jobId: '1', payload: { importId }, progress, isCancelAsked })
  return (performance.now() - startedAt) / 1000
}

try {
  const text = [...csvRows({ rows, seed: 1 })].join('')
  const file = join(dir, 'people.csv')
  await pipeline(Readable.from([text]), createWriteStream(file))
  const people = peopleOf(text)
  const theirs = await prepared('bench_rowwise')
  const own = await prepared('bench_program')
  const figures: Record<string, Record<string, number>> = {}
  for (const round of ['fresh', 'repeated']) {
    const rowwiseSeconds = await rowwise(theirs.url, theirs.accountId, people)
    const seconds = await ours(own, file)
    figures[round] = { seconds, rowwiseSeconds, timesFaster: rowwiseSeconds / seconds }
    console.log(`${round}: ${seconds.toFixed(1)} s, row by row ${rowwiseSeconds.toFixed(1)} s`)
  }
  await theirs.database.close()
  await own.database.close()
  const rounded = (values: Record<string, number> = {}) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Math.round(value * 100) / 100]))
  const { fresh, repeated } = figures
  console.log(
    JSON.stringify({
      name: 'import-rowwise',
      rows,
      ...rounded(fresh),
      perSecond: Math.round(rows / (fresh?.seconds ?? 1)),
      repeated: rounded(repeated),
    }),
  )
} finally {
  await server.stop()
  await rm(dir, { recursive: true, force: true })
}
