import type pg from 'pg'
import type { Database } from '../src/platform/database.ts'

/** Opens a transaction on a connection of its own, so that a test decides when it ends. */
export async function holdTransaction({ pool }: Database) {
  const client = await pool.connect()
  await client.query('begin')
  return {
    query: (text: string, values: unknown[] = []) => client.query(text, values),
    end: async (how: 'commit' | 'rollback') => {
      await client.query(how)
      client.release()
    },
  }
}

/** Comes back with the backends that wait for a lock when there are `count` in this database. */
export async function whenWaiting({ pool }: { pool: pg.Pool }, count = 1): Promise<number[]> {
  const deadline = Date.now() + 10_000
  while (Date.now() < deadline) {
    const { rows } = await pool.query<{ pid: number }>(
      `select distinct pid from pg_locks where not granted and pid in (select pid from pg_stat_activity where datname = current_database())`,
    )
    if (rows.length >= count) return rows.map(({ pid }) => pid)
  }
  throw new Error(`nobody waited for a lock within 10 s; ${count} expected`)
}

/** True when `work` is done within the time that a look at the database takes, ten times over. */
export async function isDoneSoon({ pool }: { pool: pg.Pool }, work: Promise<unknown>): Promise<boolean> {
  let done = false
  void work.then(
    () => (done = true),
    () => (done = true),
  )
  for (let look = 0; look < 10 && !done; look++) await pool.query('select pg_sleep(0.01)')
  return done
}
