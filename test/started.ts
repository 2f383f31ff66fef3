// Starts the real program for tests that kill it.
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const deadline = 60_000

export type Started = {
  child: ChildProcess
  pid: number
  address: string
  /** What it printed so far, both streams. */
  output: () => string
  /** Resolves with the exit code when it has ended. */
  ended: Promise<number | null>
}

export type StartOptions = { dataDir?: string; args?: string[]; env?: Record<string, string>; from?: string[] }

const undo: (() => void)[] = []
afterAll(() => {
  for (const step of undo.reverse()) step()
})

/** A directory of the test's own; its database server is ended with the test file. */
export function dataDirectory(parent = tmpdir()): string {
  const folder = mkdtempSync(join(parent, 'last-word-start-'))
  chmodSync(folder, 0o711) // so that, as root, the server's own user may enter
  undo.push(() => {
    const server = serverOf(folder)
    if (server && isRunning(server)) process.kill(server, 'SIGKILL')
    const elsewhere = noted(folder)
    if (elsewhere?.startsWith('/var/lib/last-word/')) rmSync(elsewhere, { recursive: true, force: true })
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}

/** Runs the program, or what `from` names, without waiting for it. */
export function launch({
  dataDir = dataDirectory(),
  args = [],
  env = {},
  from = [join(root, 'src/main.ts')],
}: StartOptions) {
  const child = spawn(process.execPath, [...from, ...args], {
    cwd: root,
    env: { PATH: process.env['PATH'] ?? '', PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'error', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  undo.push(() => void child.kill('SIGKILL'))
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.on('data', (chunk) => (output += chunk))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  return { child, output: () => output, ended }
}

/** Starts the program and waits until it says that it is ready. */
export async function started(options: StartOptions = {}): Promise<Started> {
  const { child, output, ended } = launch(options)
  let over = false
  void ended.then(() => (over = true))
  await until(() => /is ready: \S+/.test(output()) || over)
  const address = /is ready: (\S+)/.exec(output())?.[1]
  if (!address) throw new Error(`it did not start:\n${output()}`)
  return { child, pid: child.pid ?? 0, address, output, ended }
}

/** Process id of the embedded server of a data directory, or null. */
export function serverOf(dataDir: string): number | null {
  try {
    const home = noted(dataDir) ?? join(dataDir, 'postgres')
    return Number(readFileSync(join(home, 'cluster/postmaster.pid'), 'utf8').split('\n')[0])
  } catch {
    return null
  }
}

function noted(dataDir: string): string | null {
  try {
    return readFileSync(join(dataDir, 'database-directory.txt'), 'utf8').trim()
  } catch {
    return null
  }
}

export function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

export async function until(condition: () => boolean | Promise<boolean>, withinMs = deadline) {
  const last = Date.now() + withinMs
  while (!(await condition())) {
    if (Date.now() > last) throw new Error(`it did not happen within ${withinMs} ms: ${condition.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** True when the program says that it can do its work. */
export async function isHealthy(address: string): Promise<boolean> {
  return (await statusOf(`${address}/healthz`)) === 200
}

export async function statusOf(url: string): Promise<number> {
  return (await fetch(url).catch(() => null))?.status ?? 0
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => probe.once('listening', resolve))
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}
