import type pg from 'pg'
import { type Db, row, rows, run, sql, type Trx, transaction } from './database.ts'

const LOCK_CLASS = 1279740
const RETRY_MS = 300

/** Takes over what the programs with these ids left unfinished. */
export type Inherit = (trx: Trx, dead: number[]) => Promise<void>

export type Process = {
  id: number
  /** Signs off; `inherit` frees what this program could not finish. */
  leave: (inherit?: Inherit) => Promise<void>
}

/**
 * Signs this program in. Its id stays locked on a connection of its own until the program ends, however it ends,
 * so that others can tell what a dead one left behind.
 */
export async function joinProcesses(db: Db, pool: pg.Pool): Promise<Process> {
  const { process_id } = await row(
    db,
    sql<{ process_id: string }>`insert into processes default values returning process_id`,
  )
  const id = Number(process_id)
  const lock = holdLock(pool, id)
  await lock.held
  return {
    id,
    leave: async (inherit) => {
      await transaction(db, async (trx) => {
        await inherit?.(trx, [id])
        await run(trx, sql`update processes set ended_at = now() where process_id = ${id}`)
      })
      lock.release()
    },
  }
}

/** Keeps the lock, also when the database goes away and comes back; meanwhile others may have buried us by mistake. */
function holdLock(pool: pg.Pool, id: number) {
  let left = false
  let client: pg.PoolClient | null = null
  const again = () => void setTimeout(() => void hold(), RETRY_MS).unref()

  async function hold(): Promise<void> {
    if (left) return
    const held = await pool.connect().catch(() => null)
    if (!held) return again() // the database is away; what we hold is safe until it is back
    const lose = () => {
      held.removeListener('error', lose)
      held.release(true)
      client = null
      again()
    }
    held.on('error', lose)
    try {
      await held.query('select pg_advisory_lock($1::int, $2::int)', [LOCK_CLASS, id])
      await held.query('update processes set ended_at = null where process_id = $1', [id])
      client = held
    } catch {
      if (held.listeners('error').includes(lose)) lose()
    }
  }

  return {
    held: hold(),
    release: () => {
      left = true
      client?.removeAllListeners('error').on('error', () => {})
      client?.release(true)
    },
  }
}

/**
 * Calls `inherit` once with the ids of programs that died without leaving, in the transaction that notes their end.
 *
 * Two programs that do this at the same time do not inherit twice.
 * @param self this program's id; it is alive even when the database has just dropped its lock
 */
export async function buryDead(db: Db, inherit: Inherit, self: number | null = null): Promise<void> {
  await transaction(db, async (trx) => {
    const dead = await rows(
      trx,
      sql<{ process_id: string }>`
      select process_id from processes
      where ended_at is null and process_id is distinct from ${self}::bigint
        and case when ended_at is null then pg_try_advisory_xact_lock(${LOCK_CLASS}::int, process_id::int) end
      for update skip locked`,
    )
    if (dead.length === 0) return
    const ids = dead.map(({ process_id }) => Number(process_id))
    await inherit(trx, ids)
    await run(trx, sql`update processes set ended_at = now() where process_id = any(${ids}::bigint[])`)
  })
}
