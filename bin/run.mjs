// Running other programs, with plain Node.js and no package: these files work before anything is installed.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '')

/** The Node.js that this project runs on, from its packages; the machine's own may be older. */
export const node = join(root, 'node_modules/.bin/node')

/** Shows what a program prints as it comes; gives its exit code. */
export function run([command, ...args], options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], ...options })
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? (signal ? 1 : 0)))
  })
}

/** Prints one line and a sign of life every few seconds; what the program prints is kept for the case that it fails. */
export function runWithProgress(what, [command, ...args], options = {}) {
  const startedAt = Date.now()
  const seconds = () => Math.round((Date.now() - startedAt) / 1000)
  console.log(`${what} …`)
  const ticking = setInterval(() => console.log(`  ${seconds()} s …`), 5000)
  return new Promise((resolve) => {
    let output = ''
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options })
    const keep = (chunk) => {
      output = (output + chunk).slice(-20_000)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    const end = (code) => {
      clearInterval(ticking)
      if (code === 0) console.log(`  done in ${seconds()} s`)
      resolve({ code, output })
    }
    child.once('error', (error) => {
      keep(error.message)
      end(1)
    })
    child.once('close', (code) => end(code ?? 1))
  })
}
