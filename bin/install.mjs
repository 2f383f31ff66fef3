// Brings node_modules to what package-lock.json asks for.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, runWithProgress } from './run.mjs'

/** True when every package of the lock file is there in its version (those for other systems may be absent). */
export function isInstalled() {
  const note = join(root, 'node_modules/.package-lock.json')
  if (!existsSync(note)) return false
  const wanted = packagesOf(join(root, 'package-lock.json'))
  const found = packagesOf(note)
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true
    if (!found[path]) return entry.optional === true
    return found[path].version === entry.version
  })
}

/** @throws Error that says what to do */
export async function install() {
  // `npm start` tells where npm's own program is; elsewhere the system finds it.
  const npm = process.env.npm_execpath?.endsWith('.js') ? [process.execPath, process.env.npm_execpath] : ['npm']
  const { code, output } = await runWithProgress('Installing packages (only after an update)', [
    ...npm,
    ...['ci', '--no-audit', '--no-fund', '--loglevel=error'],
  ])
  if (code === 0) return
  throw new Error(
    `${output}\nThe packages could not be installed (npm ci ended with ${code}).\nCheck that this machine reaches the package registry and that ${root} is writable, then try again.`,
  )
}

const packagesOf = (path) => JSON.parse(readFileSync(path, 'utf8')).packages ?? {}
