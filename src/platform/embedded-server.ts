// Life and death of the embedded server's processes.
import { type ChildProcess, spawn } from 'node:child_process'
import { chownSync, closeSync, existsSync, openSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import pg from 'pg'
import type { Keeper } from './embedded-user.ts'

export const PORT = 5432 // only the name of the socket; nothing listens on TCP
const PATIENCE_MS = 60_000
const LOOK_EVERY_MS = 20

export type Running = {
  pid: number
  socketDir: string
  /** Called when the server ends without being asked to. */
  onExit: (listener: () => void) => void
  /** Fast shutdown: sessions end, everything committed is on disk. Safe to call twice. */
  stop: () => Promise<void>
}

/**
 * Runs the server of `cluster` until `stop`; takes over one that runs there already.
 *
 * Waits as long as the server says that it is starting, recovering or ending.
 * @throws Error with the server's words when it does not come up
 */
export async function runServer(
  postgres: string,
  cluster: string,
  socketDir: string,
  owner: Keeper | null,
  urlAt: (socketDir: string) => string,
): Promise<Running> {
  let deadline = Date.now() + PATIENCE_MS
  for (;;) {
    const left = findRunning(cluster)
    const state = left ? await look(urlAt(left.socketDir || socketDir)) : 'away'
    if (left && state === 'up') return adopt(left.pid, left.socketDir)
    if (state === 'busy') deadline = Date.now() + PATIENCE_MS
    if (left && Date.now() > deadline)
      throw new Error(
        `PostgreSQL (process ${left.pid}) runs in ${cluster} but does not answer. End it and start again.`,
      )
    if (!left) {
      const child = launch(postgres, cluster, owner)
      if (await cameUp(child, urlAt(socketDir))) return supervise(child, socketDir)
      const log = readFileSync(logOf(cluster), 'utf8').trim()
      // After a kill -9 of the server its last processes need a moment before the memory is free again.
      if (Date.now() > deadline || !/shared memory block|lock file/.test(log))
        throw new Error(`PostgreSQL did not start:\n${log}`)
    }
    await pause(100)
  }
}

const logOf = (cluster: string) => join(dirname(cluster), 'postgres.log')

/**
 * The server that runs in `cluster` though its program may be gone. A note whose process id belongs to another
 * program by now, as after a restart of a container, is removed, because PostgreSQL would refuse to start.
 */
function findRunning(cluster: string): { pid: number; socketDir: string } | null {
  const file = join(cluster, 'postmaster.pid')
  if (!existsSync(file)) return null
  const lines = readFileSync(file, 'utf8').split('\n')
  const pid = Number(lines[0])
  if (!pid || !isAlive(pid)) return null
  if (worksIn(pid, cluster)) return { pid, socketDir: lines[4] ?? '' }
  rmSync(file, { force: true })
  return null
}

/** False when the process is surely another program: the server's working directory is its cluster. */
function worksIn(pid: number, cluster: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(cluster)
  } catch {
    return existsSync(`/proc/${pid}`) || !existsSync('/proc/self')
  }
}

function launch(postgres: string, cluster: string, owner: Keeper | null): ChildProcess {
  const output = openSync(logOf(cluster), 'w', 0o600)
  if (owner) chownSync(logOf(cluster), owner.uid, owner.gid)
  const child = spawn(postgres, ['-D', cluster], {
    cwd: dirname(cluster),
    stdio: ['ignore', output, output],
    ...owner,
    detached: true, // a Ctrl-C in the terminal is for the program, which ends the server last
  })
  closeSync(output)
  return child
}

/** True when it answers, false when it ended first. */
async function cameUp(child: ChildProcess, url: string): Promise<boolean> {
  let failure: Error | null = null
  let ended = false
  child.once('exit', () => {
    ended = true
  })
  child.once('error', (error) => {
    failure = error
    ended = true
  })
  while (!ended) {
    if ((await look(url)) === 'up') return true
    await pause(LOOK_EVERY_MS)
  }
  if (failure) throw failure
  return false
}

function supervise(child: ChildProcess, socketDir: string): Running {
  const ended = new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve()
    else child.once('exit', () => resolve())
  })
  return running(child.pid ?? 0, socketDir, ended)
}

function adopt(pid: number, socketDir: string): Running {
  const ended = new Promise<void>((resolve) => {
    const watch = setInterval(() => {
      if (isAlive(pid)) return
      clearInterval(watch)
      resolve()
    }, 100)
  })
  return running(pid, socketDir, ended)
}

function running(pid: number, socketDir: string, ended: Promise<void>): Running {
  const listeners: (() => void)[] = []
  let stopping = false
  void ended.then(() => {
    if (!stopping) for (const listener of listeners) listener()
  })
  return {
    pid,
    socketDir,
    onExit: (listener) => listeners.push(listener),
    stop: async () => {
      if (!stopping && isAlive(pid)) process.kill(pid, 'SIGINT')
      stopping = true
      await ended
    },
  }
}

/** 'busy' while the server starts, recovers or ends (SQLSTATE 57P03). */
async function look(url: string): Promise<'up' | 'busy' | 'away'> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.end()
    return 'up'
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === '57P03' ? 'busy' : 'away'
  }
}

/** True also for a process that we may not signal; false for one that only waits for its parent to take note. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false
  }
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return true // no /proc on this system
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
