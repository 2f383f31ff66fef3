import type pg from 'pg'
import { type Db, row, rows, run, sql, type Trx, transaction } from './database.ts'

const LOCK_CLASS = 1279740

export type Process = { id: number; leave: () => Promise<void> }

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
  let left = false
  let client: pg.PoolClient | null = null
  async function hold(): Promise<void> {
    if (left) return
    try {
      const held = await pool.connect()
      held.once('error', () => {
        held.release(true)
        setTimeout(() => void hold(), 500).unref()
      })
      await held.query('select pg_advisory_lock($1::int, $2::int)', [LOCK_CLASS, id])
      client = held
    } catch {
      setTimeout(() => void hold(), 500).unref() // the database is away; what we hold is safe until it is back
    }
  }
  await hold()
  return {
    id,
    leave: async () => {
      left = true
      await run(db, sql`update processes set ended_at = now() where process_id = ${id}`).catch(() => 0)
      client?.removeAllListeners('error')
      client?.release(true)
    },
  }
}

/**
 * Calls `inherit` once with the ids of programs that died without leaving, in the transaction that notes their end.
 *
 * Two programs that do this at the same time do not inherit twice.
 */
export async function buryDead(db: Db, inherit: (trx: Trx, dead: number[]) => Promise<void>): Promise<void> {
  await transaction(db, async (trx) => {
    const dead = await rows(
      trx,
      sql<{ process_id: string }>`
      select process_id from processes
      where ended_at is null and pg_try_advisory_xact_lock(${LOCK_CLASS}::int, process_id::int)
      for update skip locked`,
    )
    if (dead.length === 0) return
    const ids = dead.map(({ process_id }) => Number(process_id))
    await inherit(trx, ids)
    await run(trx, sql`update processes set ended_at = now() where process_id = any(${ids}::bigint[])`)
  })
}
