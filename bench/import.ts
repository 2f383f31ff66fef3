// How long an import takes beside the bare SQL: COPY of ready-made rows and one upsert, on the same server, in the same
// tables with their indexes and triggers. Fresh and repeated, then the check of the same file (the dry run), with 300,000 opt-outs standing for each 1,000,000 rows.
// The program runs as a process of its own, so that peakMB is what it needs.
//   npm run --silent bench -- import --rows 1000000 [--groups] [--xlsx: the program reads the same rows from a spreadsheet]
import { execFile } from 'node:child_process'
import { createReadStream, createWriteStream } from 'node:fs'
import { chmod, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs, promisify } from 'node:util'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { insertAccount } from '../src/accounts/owner.ts'
import { importOptions } from '../src/audience/import.contract.ts'
import { startImport, uploadImport } from '../src/audience/import.ts'
import { runImport } from '../src/audience/import-job.ts'
import { STAGED_COLUMNS, stageFile } from '../src/audience/import-stage.ts'
import { readConfig } from '../src/platform/config.ts'
import type { Core } from '../src/platform/core.ts'
import { openDatabase, transaction } from '../src/platform/database.ts'
import { startEmbedded } from '../src/platform/embedded.ts'
import { loadKeys } from '../src/platform/keys.ts'
import { openLog } from '../src/platform/log.ts'
import { migrate } from '../src/platform/migrate.ts'
import { databaseNamed } from '../test/database-url.ts'
import { csvRows } from './make-csv.ts'
import { asSpreadsheet, pieces } from './people-file.ts'

const { values: given } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    groups: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    xlsx: { type: 'boolean', default: false },
    database: { type: 'string' },
    dir: { type: 'string' },
    account: { type: 'string', default: '' },
  },
})

async function measure(rows: number, groups: boolean) {
  const dir = await mkdtemp(join(tmpdir(), 'last-word-bench-'))
  await chmod(dir, 0o711) // as root, the server's own user must enter
  const server = await startEmbedded(dir)
  try {
    const file = join(dir, 'people.csv')
    const made = csvRows({ rows, seed: 1 })
    await pipeline(Readable.from(pieces(made)), createWriteStream(file))
    if (given.xlsx) await asSpreadsheet(file, join(dir, 'people.xlsx'))
    const floor = await prepare(server.url, 'bench_floor', dir, file, rows)
    const own = await prepare(server.url, 'bench_program', dir, file, rows)
    const ready = await readyRows(dir, file, floor.accountId)
    const group = groups ? ['Everybody'] : []
    const results = []
    for (const round of ['fresh', 'repeated']) {
      const importId = round === 'fresh' ? 1 : 2
      const floorSeconds = await bareSql(floor, ready, importId, groups)
      const { seconds, readSeconds, peakMB, counts } = await programRun(own, dir, group)
      const ratio = seconds / floorSeconds
      results.push({ seconds, readSeconds, perSecond: rows / seconds, floorSeconds, ratio, peakMB, counts })
      console.log(
        `${round}: ${seconds.toFixed(1)} s (${readSeconds.toFixed(1)} s until the first rows are written), bare SQL ${floorSeconds.toFixed(1)} s, ${ratio.toFixed(2)} times, ${peakMB} MB, ${JSON.stringify(counts)}`,
      )
    }
    const check = await programRun(own, dir, group, true)
    console.log(`check: ${check.seconds.toFixed(1)} s, ${check.peakMB} MB`)
    const { counts: _same, ...checked } = check
    const [fresh, repeated] = results.map(({ counts: _counts, ...figures }) => rounded(figures))
    console.log(
      JSON.stringify({
        name: given.xlsx ? 'import-xlsx' : 'import',
        rows,
        bytes: (await stat(file)).size,
        ...fresh,
        repeated,
        check: rounded(checked),
      }),
    )
  } finally {
    await server.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

type Prepared = { url: string; accountId: string }

/** A migrated database with one account in which three of ten addresses of the file have opted out. */
async function prepare(serverUrl: string, name: string, dir: string, file: string, rows: number): Promise<Prepared> {
  await withClient(serverUrl, (client) => client.query(`create database ${name}`))
  const url = databaseNamed(serverUrl, name)
  await migrate(url)
  const database = openDatabase(url)
  const { accountId } = await transaction(database.db, (trx) => insertAccount(trx, 'Bench'))
  await database.close()
  await withClient(url, async (client) => {
    for await (const batch of staged(dir, file, accountId)) {
      const keys = [
        ...Buffer.from(batch.copy)
          .toString('utf8')
          .matchAll(/\t\\\\x([0-9a-f]{32})\t/g),
      ]
        .filter((_match, place) => place % 10 < 3)
        .map(([, key]) => Buffer.from(key ?? '', 'hex'))
      if (keys.length > 0)
        await client.query(`select record_optouts($1, $2, 'link', null, null, null, '{}')`, [accountId, keys])
    }
    const {
      rows: [standing],
    } = await client.query('select count(*)::int as count from standing_optouts')
    if (standing.count < rows * 0.25) throw new Error(`only ${standing.count} opt-outs stand`)
    await client.query('vacuum analyze')
  })
  return { url, accountId }
}

const staged = (dir: string, file: string, accountId: string, importId = '1') =>
  stageFile({
    accountId,
    importId,
    path: file,
    encoding: 'utf-8',
    sheet: null,
    size: 0,
    shape: {
      delimiter: ',',
      firstLine: 1,
      skip: 0,
      hasHeader: true,
      columns: ['E-Mail', 'First name', 'Last name', 'Town'],
    },
    plan: {
      targets: [
        { kind: 'address' },
        { kind: 'field', name: 'first_name' },
        { kind: 'field', name: 'last_name' },
        { kind: 'field', name: 'town' },
      ],
      names: ['E-Mail', 'First name', 'Last name', 'Town'],
      fields: ['first_name', 'last_name', 'town'].map((name) => ({
        name,
        label: name,
        type: 'short' as const,
        options: [],
        required: false,
      })),
      asOptOuts: false,
      emptyCells: 'keep',
      isDamaged: false,
      tool: null,
      statusWords: {},
    },
    secret: keysIn(dir).address,
  })

const keysIn = (dir: string) => loadKeys({ dataDir: dir, keys: {} })

/** The rows as COPY takes them, on disk, once for each of the two imports. */
async function readyRows(dir: string, file: string, accountId: string): Promise<string[]> {
  return Promise.all(
    ['1', '2'].map(async (importId) => {
      const path = join(dir, `ready-${importId}`)
      const texts = async function* () {
        for await (const { copy } of staged(dir, file, accountId, importId)) yield copy
      }
      await pipeline(Readable.from(texts()), createWriteStream(path))
      return path
    }),
  )
}

function bareSql({ url, accountId }: Prepared, ready: string[], importId: number, groups: boolean): Promise<number> {
  return withClient(url, async (client) => {
    await client.query('checkpoint')
    await client.query('set role lastword_app')
    const startedAt = performance.now()
    await client.query('begin')
    const copy = client.query(copyFrom(`copy import_rows (${STAGED_COLUMNS}) from stdin`))
    await pipeline(createReadStream(ready[importId - 1] ?? '', { highWaterMark: 262_144 }), copy)
    await client.query(
      `insert into contacts as contact (account_id, address, canonical, address_key, fields, import_id, import_line)
       select account_id, address, canonical, address_key, fields, import_id, line from import_rows row
       where account_id = $1 and import_id = $2 and not exists (
         select from standing_optouts standing where standing.account_id = row.account_id and standing.address_key = row.address_key)
       on conflict (account_id, canonical) do update set fields = contact.fields || excluded.fields, updated_at = now()
       where contact.fields is distinct from contact.fields || excluded.fields`,
      [accountId, importId],
    )
    if (groups) {
      await client.query(`insert into groups (account_id, name) values ($1, 'Everybody') on conflict do nothing`, [
        accountId,
      ])
      await client.query(
        `insert into group_members (account_id, group_id, contact_id)
         select account_id, group_id, contact_id from contacts join groups using (account_id) where account_id = $1
         on conflict do nothing`,
        [accountId],
      )
    }
    await client.query('commit')
    return (performance.now() - startedAt) / 1000
  })
}

async function programRun({ url, accountId }: Prepared, dir: string, groups: string[], check = false) {
  await withClient(url, (client) => client.query('checkpoint'))
  const run = promisify(execFile)
  const args = [
    import.meta.filename,
    '--database',
    url,
    '--dir',
    dir,
    '--account',
    accountId,
    ...(check ? ['--check'] : []),
    ...(given.xlsx ? ['--xlsx'] : []),
  ]
  const { stdout } = await run(process.execPath, groups.length > 0 ? [...args, '--groups'] : args, { maxBuffer: 1e8 })
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as {
    seconds: number
    readSeconds: number
    peakMB: number
    counts: unknown
  }
}

/** What the program does with an upload, in a process that does nothing else. */
async function program(url: string, dir: string, accountId: string) {
  const database = openDatabase(url)
  const core: Core = {
    ...database,
    config: readConfig({ DATA_DIR: dir, LOG_LEVEL: 'warn' }),
    keys: keysIn(dir),
    clock: () => new Date(),
    log: openLog('warn'),
  }
  const caller = { accountId, userId: null, apiKeyId: null, scope: 'full' } as const
  const name = given.xlsx ? 'people.xlsx' : 'people.csv'
  const importId = await uploadImport(core, caller, createReadStream(join(dir, name)), name)
  const options = importOptions.parse({
    newGroups: given.groups ? ['Everybody'] : [],
    mapping: { Town: 'new:Town' },
    dryRun: given.check,
  })
  await startImport(core, caller, importId, options)
  const startedAt = performance.now()
  let readSeconds = 0
  const counts = await runImport(core, {
    db: core.db,
    accountId,
    jobId: '1',
    payload: { importId },
    progress: async (done) => {
      if (done > 0 && readSeconds === 0) readSeconds = (performance.now() - startedAt) / 1000
    },
    isCancelAsked: async () => false,
  })
  const seconds = (performance.now() - startedAt) / 1000
  await database.close()
  process.stdout.write(
    `${JSON.stringify({ seconds, readSeconds, peakMB: Math.round(process.resourceUsage().maxRSS / 1024), counts })}\n`,
  )
}

async function withClient<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

const rounded = <Figures extends Record<string, number>>(figures: Figures) =>
  Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Math.round(value * 100) / 100]))

if (given.database && given.dir) await program(given.database, given.dir, given.account)
else await measure(Number(given.rows), given.groups)
