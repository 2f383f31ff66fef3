import { Kysely, PostgresDialect, type RawBuilder, sql, type Transaction } from 'kysely'
import pg from 'pg'

/** Statements are plain SQL with bound values (`sql` template); no table types are needed. */
type Tables = Record<never, never>
export type Db = Kysely<Tables>
export type Trx = Transaction<Tables>

export { sql }

export type Database = {
  db: Db
  pool: pg.Pool
  close: () => Promise<void>
}

/** The role of everything but migrations; it lacks the rights that the promise forbids. */
export const RUNTIME_ROLE = 'lastword_app'

/** Compiling a statement takes longer than most of ours: without this an import of a few lines took seconds on Debian's server. */
const NO_JIT = '-c jit=off'

/**
 * Opens a pool on `url` (postgres://…, also with ?host= for a socket) as the runtime role.
 *
 * @param connections at most this many at once
 */
export function openDatabase(url: string, { connections = 20, role = RUNTIME_ROLE as string | null } = {}): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: 10_000,
    options: role ? `-c role=${role} ${NO_JIT}` : NO_JIT,
  })
  pool.on('error', () => {}) // an idle connection that breaks is replaced; the next query says what is wrong
  pool.on('connect', (client) => client.on('error', () => {})) // one that breaks in use fails its query instead
  const db: Db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  return { db, pool, close: () => db.destroy() }
}

/** All rows of a statement. */
export async function rows<Row>(db: Db, statement: RawBuilder<Row>): Promise<Row[]> {
  return (await statement.execute(db)).rows
}

/** The only row of a statement, or undefined. */
export async function maybeRow<Row>(db: Db, statement: RawBuilder<Row>): Promise<Row | undefined> {
  return (await statement.execute(db)).rows[0]
}

/** The only row of a statement that always has one. */
export async function row<Row>(db: Db, statement: RawBuilder<Row>): Promise<Row> {
  const found = await maybeRow(db, statement)
  if (found === undefined) throw new Error('a statement that always gives a row gave none')
  return found
}

/** Runs a statement; gives the number of rows it touched. */
export async function run(db: Db, statement: RawBuilder<unknown>): Promise<number> {
  return Number((await statement.execute(db)).numAffectedRows ?? 0)
}

/** Runs `work` in one transaction (read committed): all of it or nothing. */
export function transaction<Result>(db: Db, work: (trx: Trx) => Promise<Result>): Promise<Result> {
  return db.transaction().execute(work)
}
