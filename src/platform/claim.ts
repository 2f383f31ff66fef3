// A data directory with the embedded server has one program. Its proof of life is an advisory lock on a connection
// that is held as long as it lives; run.json tells a second start where the first one is.
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { z } from 'zod'
import { isAlive } from './embedded-server.ts'

const LOCK = 1279741
const PATIENCE_MS = 5000
const LOOK_EVERY_MS = 100

const note = z.object({ pid: z.int(), address: z.string() })

/** Another program works with this data directory. */
export class AlreadyRunning extends Error {}

export type Claim = {
  /** Notes where this program answers. */
  announce: (address: string) => void
  release: () => Promise<void>
}

/**
 * Makes this program the one that works with `dataDir`.
 *
 * @param url of the embedded server
 * @param onLost called when the server came back after a break and another program has it
 * @throws AlreadyRunning with the other one's address
 */
export async function claimDataDirectory(url: string, dataDir: string, onLost: () => void): Promise<Claim> {
  const file = join(dataDir, 'run.json')
  let released = false
  let client = await lockWithPatience(url, file)
  if (!client) throw new AlreadyRunning(describe(file, dataDir))

  const hold = (held: pg.Client) => {
    client = held
    held.once('error', () => void regain())
    held.once('end', () => void regain())
  }
  const regain = async () => {
    if (released || !client) return
    client = null
    while (!released) {
      const again = await lockWithPatience(url, file).catch(() => 'away' as const)
      if (again === 'away') await pause()
      else if (again) return hold(again)
      else return onLost()
    }
  }

  hold(client)
  return {
    announce: (address) => {
      writeFileSync(`${file}.new`, `${JSON.stringify({ pid: process.pid, address })}\n`)
      renameSync(`${file}.new`, file)
    },
    release: async () => {
      released = true
      if (readNote(file)?.pid === process.pid) rmSync(file, { force: true })
      await client?.end().catch(() => {}) // the server may have gone first
    },
  }
}

/** The connection that holds the lock, or null. The connection of a program that was killed may need a moment to end. */
async function lockWithPatience(url: string, file: string): Promise<pg.Client | null> {
  const client = new pg.Client({ connectionString: url, application_name: 'last-word-claim' })
  client.on('error', () => {})
  await client.connect()
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [LOCK])
    if (rows[0]?.locked) return client
    const other = readNote(file)
    const lives = other && other.pid !== process.pid && isAlive(other.pid)
    if (lives || Date.now() > deadline) {
      await client.end()
      return null
    }
    await pause()
  }
}

function describe(file: string, dataDir: string): string {
  const other = readNote(file)
  return other && isAlive(other.pid)
    ? `Last Word already runs here: ${other.address} (process ${other.pid}, data in ${dataDir}).`
    : `Last Word is just being started by another program with the data in ${dataDir}.`
}

function readNote(file: string) {
  if (!existsSync(file)) return null
  try {
    return note.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return null // cut off while it was written; the lock is what counts
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
