// npm start: installs and builds what is missing, then runs src/main.ts on the project's own Node.js.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build, isBuilt } from './build.mjs'
import { install, isInstalled } from './install.mjs'
import { node, root } from './run.mjs'

if (Number(process.versions.node.split('.')[0]) < 20) fail('Last Word needs Node.js 20 or later to start.')
const npm = process.env.npm_lifecycle_event ? ancestors() : []

try {
  if (!isInstalled() || !isBuilt()) refuseToChangeUnder()
  if (!isInstalled()) await install()
  if (!isBuilt()) await build()
} catch (error) {
  fail(error.message)
}

const main = spawn(node, [join(root, 'src/main.ts'), ...process.argv.slice(2)], {
  cwd: root,
  // The channel tells the program when this one is killed.
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => main.kill(signal))
main.once('error', (error) => fail(`${node} cannot be run: ${error.message}. Run npm ci and try again.`))
main.once('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))

// When npm itself is killed, its children are given another parent.
const watching = setInterval(() => {
  if (ancestors().every((pid, index) => pid === npm[index])) return
  clearInterval(watching) // a second signal would not let the program finish
  main.kill('SIGTERM')
}, 500)
if (npm.length === 0) clearInterval(watching)

/** The processes up to npm: our parent, or a shell between. */
function ancestors() {
  const parent = process.ppid
  const [name, grandparent] = statusOf(parent)
  return /^(ba|da|k|z)?sh$/.test(name) ? [parent, grandparent] : [parent]
}

/** Name and parent of a process; nothing where there is no /proc. */
function statusOf(pid) {
  try {
    const [, name, parent] = /^\d+ \((.*)\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))
    return [name, Number(parent)]
  } catch {
    return ['', 0]
  }
}

/** Packages and pages are not exchanged under a program that runs with them. */
function refuseToChangeUnder() {
  const file = join(resolve(root, process.env.DATA_DIR || 'data'), 'run.json')
  if (!existsSync(file)) return
  const { pid, address } = JSON.parse(readFileSync(file, 'utf8'))
  try {
    process.kill(pid, 0)
  } catch {
    return // it was killed
  }
  const command = existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : 'main.ts'
  if (command.includes('main.ts'))
    throw new Error(`Last Word already runs here: ${address} (process ${pid}). End it before this update is started.`)
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
