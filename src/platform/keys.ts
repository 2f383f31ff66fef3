import { createHash, createHmac, randomBytes } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Config } from './config.ts'
import { type Db, rows, run, sql } from './database.ts'

/** A 32-byte secret with its number; old ones stay so that old links keep working. */
export type NumberedKey = { id: number; key: Buffer }

export type Keys = {
  /** Turns canonical addresses into address keys; lost with it: every opt-out (D2). */
  address: Buffer
  /** Sign links; the last one signs, all verify. */
  link: NumberedKey[]
  session: Buffer
}

const secret = z.base64url().transform((text, context) => {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length === 32) return bytes
  context.addIssue({ code: 'custom', message: 'must be 32 bytes as base64url' })
  return z.NEVER
})
const numbered = z.object({ id: z.int().min(1).max(255), key: secret })
const keyFile = z.object({ address: secret, link: z.array(numbered).min(1), session: secret })

/**
 * Gives the secrets from the environment or from keys.json in the data directory, which is made when absent.
 *
 * The environment form: ADDRESS_KEY and SESSION_KEY are 32 bytes as base64url, LINK_KEYS is a list such as `1:…,2:…`.
 * @param mayMake false when the database knows other keys already (`knowsKeys`)
 * @throws Error that says which secret cannot be read
 */
export function loadKeys(config: Pick<Config, 'dataDir' | 'keys'>, mayMake = true): Keys {
  const { address, link, session } = config.keys
  if (address && link && session) {
    const numberedKeys = link.split(',').map((part) => {
      const [number, key] = part.split(':')
      return { id: Number(number), key }
    })
    return parseKeys({ address, link: numberedKeys, session }, 'the environment')
  }
  if (address || link || session)
    throw new Error('ADDRESS_KEY, LINK_KEYS and SESSION_KEY are given together or not at all.')
  const path = join(config.dataDir, 'keys.json')
  if (!existsSync(path)) {
    if (!mayMake)
      throw new Error(
        `${path} is missing, and this database was filled with the keys in it. Without them opt-outs would be missed, so nothing is started. Put the file back, or set ADDRESS_KEY, LINK_KEYS and SESSION_KEY.`,
      )
    writeKeys(path)
  }
  return parseKeys(readJson(path), path)
}

/** True when `db` was filled with keys, so that new ones would be wrong. */
export async function knowsKeys(db: Db): Promise<boolean> {
  return (await rows(db, sql`select from key_fingerprints limit 1`)).length > 0
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new Error(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

function parseKeys(value: unknown, from: string): Keys {
  const parsed = keyFile.safeParse(value)
  if (!parsed.success) throw new Error(`The secrets in ${from} cannot be read: ${z.prettifyError(parsed.error)}`)
  return parsed.data
}

function writeKeys(path: string) {
  const fresh = () => randomBytes(32).toString('base64url')
  mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 })
  const keys = { address: fresh(), link: [{ id: 1, key: fresh() }], session: fresh() }
  const made = `${path}.new-${process.pid}`
  writeFileSync(made, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600, flush: true })
  try {
    linkSync(made, path) // of two programs that start together, one makes the keys and both read them
  } catch (error) {
    if (!existsSync(path)) throw error
  } finally {
    rmSync(made, { force: true })
  }
}

/**
 * Refuses secrets that the database was not filled with: with another address key nobody's opt-out would be found.
 *
 * @throws Error that says what to do
 */
export async function checkKeys(db: Db, keys: Keys): Promise<void> {
  const known = await rows(
    db,
    sql<{ purpose: string; key_id: number; fingerprint: Buffer }>`
    select purpose, key_id, fingerprint from key_fingerprints`,
  )
  const given = [
    { purpose: 'address', keyId: 1, fingerprint: fingerprint(keys.address) },
    ...keys.link.map(({ id, key }) => ({ purpose: 'link', keyId: id, fingerprint: fingerprint(key) })),
  ]
  for (const { purpose, key_id, fingerprint: stored } of known) {
    const same = given.find((key) => key.purpose === purpose && key.keyId === key_id)
    if (!same || !same.fingerprint.equals(stored))
      throw new Error(
        `The ${purpose} key ${key_id} is not the one that this database was filled with. Without it opt-outs would be missed or links would break, so nothing is started. Put the right keys.json into the data directory, or set ADDRESS_KEY, LINK_KEYS and SESSION_KEY.`,
      )
  }
  for (const { purpose, keyId, fingerprint: print } of given)
    await run(
      db,
      sql`insert into key_fingerprints (purpose, key_id, fingerprint) values (${purpose}, ${keyId}, ${print}) on conflict do nothing`,
    )
}

const fingerprint = (key: Buffer) =>
  createHash('sha256').update(createHmac('sha256', key).update('fingerprint').digest()).digest()
