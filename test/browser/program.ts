import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test as base } from '@playwright/test'

const root = join(import.meta.dirname, '../..')

export const OWNER = { email: 'hedda.quill@fernmoor.example', password: 'three quiet herons' }
const API_KEY = 'lw_browser-tests-0123456789abcdef'

export type Program = {
  url: string
  /** Calls /api/v1 with a full key; throws when the answer is a failure. */
  api: <Body = unknown>(method: string, path: string, body?: unknown) => Promise<Body>
  /** Imports a file and waits for its end; gives the import. */
  importFile: (file: Blob, name: string, options: Record<string, unknown>) => Promise<Imported>
}

type Imported = { id: string; status: string; counts: Record<string, number> }

/** The program as an operator starts it, with its own database and built-in mailbox, once for all tests of a file. */
export const test = base.extend<object, { program: Program }>({
  program: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads the pattern
    async ({}, use) => {
      const dataDir = await mkdtemp(join(tmpdir(), 'last-word-browser-'))
      await chmod(dataDir, 0o711) // as root, the server's own user must enter
      const url = `http://localhost:${await freePort()}`
      const child = start(dataDir, url)
      try {
        await untilReady(child, url)
        await use({
          url,
          api: (method, path, body) => call(url, method, path, body),
          importFile: (file, name, options) => importFile(url, file, name, options),
        })
      } finally {
        await stop(child)
        await rm(dataDir, { recursive: true, force: true })
      }
    },
    { scope: 'worker', timeout: 60_000 },
  ],
})
export { expect } from '@playwright/test'

function start(dataDir: string, url: string): ChildProcess & { said: string } {
  const { DATABASE_URL: _, ...environment } = process.env
  const child = spawn(
    join(root, 'node_modules/.bin/node'),
    ['src/main.ts', ...(process.env['PICTURES'] ? ['--demo'] : [])],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...environment,
        DATA_DIR: dataDir,
        PORT: new URL(url).port,
        BASE_URL: url,
        OWNER_EMAIL: OWNER.email,
        OWNER_PASSWORD: OWNER.password,
        OWNER_API_KEY: API_KEY,
        LOG_LEVEL: 'warn',
      },
    },
  )
  const watched = Object.assign(child, { said: '' })
  const listen = (chunk: Buffer) => {
    watched.said += chunk.toString()
  }
  child.stdout.on('data', listen)
  child.stderr.on('data', listen)
  return watched
}

async function untilReady(child: ChildProcess & { said: string }, url: string) {
  const until = Date.now() + 45_000
  while (Date.now() < until) {
    if (child.exitCode !== null) break
    // It listens before the owner exists; this line comes after both.
    if (child.said.includes(`is ready: ${url}`)) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`The program is not ready.\n${child.said}`)
}

async function stop(child: ChildProcess) {
  if (child.exitCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}

/** The caller says what the answer is; the routes' own tests check it. */
async function call<Body>(url: string, method: string, path: string, body?: unknown): Promise<Body> {
  const answer = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${API_KEY}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
  return JSON.parse(text || 'null')
}

async function importFile(url: string, file: Blob, name: string, options: Record<string, unknown>): Promise<Imported> {
  const form = new FormData()
  form.set('options', JSON.stringify(options))
  form.set('file', file, name)
  const answer = await fetch(`${url}/api/v1/imports`, {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEY}` },
    body: form,
  })
  if (!answer.ok) throw new Error(`the import of ${name}: ${answer.status} ${await answer.text()}`)
  const started: unknown = await answer.json()
  if (typeof started !== 'object' || started === null || !('id' in started)) throw new Error('no import')
  for (;;) {
    const now = await call<Imported>(url, 'GET', `/imports/${String(started.id)}`)
    if (now.status !== 'queued' && now.status !== 'running') return now
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
