// PostgreSQL refuses to run as root: then an unprivileged user runs it, from a place that this user can reach.
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { getuid } from 'node:process'
import { z } from 'zod'

/** The user that owns and runs the server. */
export type Keeper = { uid: number; gid: number }

const NAME = 'lastword'

/** Null when we are not root: then we run the server ourselves. */
export function keeper(): Keeper | null {
  if (getuid?.() !== 0) return null
  return lookUp(NAME) ?? made() ?? lookUp('postgres') ?? lookUp('nobody') ?? { uid: 65534, gid: 65534 }
}

/** Who keeps files that exist: their owner, when that is not root; then `preferred`. */
export function keeperOf(path: string, preferred: Keeper): Keeper {
  const { uid, gid } = statSync(path)
  return uid === 0 ? preferred : { uid, gid }
}

function lookUp(name: string): Keeper | null {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`))
  const [, , uid, gid] = line?.split(':') ?? []
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : null
}

function made(): Keeper | null {
  try {
    execFileSync('useradd', ['--system', '--no-create-home', '--shell', '/usr/sbin/nologin', NAME], { stdio: 'ignore' })
  } catch {
    return null // a system without useradd: another unprivileged user serves
  }
  return lookUp(NAME)
}

/** True when everybody may enter every directory above and including `path`, as far as it exists. */
export function reachable(path: string): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    if (existsSync(folder) && (statSync(folder).mode & 0o001) === 0) return false
    if (folder === dirname(folder)) return true
  }
}

/** Paths of the server's programs; copied next to the data when the other user cannot reach the package. */
export async function binariesFor(packageName: string, home: string, owner: Keeper | null) {
  const entry = createRequire(import.meta.url).resolve(packageName)
  const native = join(dirname(dirname(entry)), 'native')
  const root = owner && !reachable(join(native, 'bin')) ? copied(native, home) : native
  const suffix = process.platform === 'win32' ? '.exe' : ''
  return { initdb: join(root, 'bin', `initdb${suffix}`), postgres: join(root, 'bin', `postgres${suffix}`) }
}

function copied(native: string, home: string): string {
  const version = z.object({ version: z.string() }).parse(readJson(join(dirname(native), 'package.json'))).version
  const target = join(home, `server-${version}`)
  if (existsSync(target)) return target
  const fresh = `${target}.new-${process.pid}`
  cpSync(native, fresh, { recursive: true, verbatimSymlinks: true })
  chmodSync(fresh, 0o755)
  try {
    renameSync(fresh, target)
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true })
    if (!existsSync(target)) throw error // else another start copied it in the same moment
  }
  return target
}

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'))
