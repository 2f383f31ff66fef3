import { randomBytes } from 'node:crypto'
import { afterAll } from 'vitest'
import { makeApiKey } from '../src/accounts/api-key.ts'
import { createOwner, insertAccount, ownerLink } from '../src/accounts/owner.ts'
import { jobHandlers } from '../src/api/handlers.ts'
import { buildServer } from '../src/http/server.ts'
import { type Config, readConfig } from '../src/platform/config.ts'
import type { Core } from '../src/platform/core.ts'
import { transaction } from '../src/platform/database.ts'
import { runJobs } from '../src/platform/jobs.ts'
import { checkKeys, type Keys } from '../src/platform/keys.ts'
import { type Log, openLog } from '../src/platform/log.ts'
import { joinProcesses, type Process } from '../src/platform/processes.ts'
import { freshDatabase, type TestDatabase } from './database.ts'

export const OWNER = { email: 'owner@sender.example', password: 'three quiet herons' }

export type Answer<Body = unknown> = { status: number; body: Body; headers: Headers }

export type ProgramOptions = {
  /** The present moment for everything but the database's own now(). */
  clock?: () => Date
  config?: Partial<Config>
  keys?: Keys
  log?: Log
  /** False for tests that run jobs themselves. */
  jobs?: boolean
}

export type SignedInCall = <Body = unknown>(method: string, path: string, body?: unknown) => Promise<Answer<Body>>

export type Program = {
  core: Core & { asOwner: TestDatabase['asOwner'] }
  /** Of the listening server, without a slash at its end; also its BASE_URL unless a test sets another. */
  url: string
  /** URL of the database, as the runtime role. */
  databaseUrl: string
  process: Process
  accountId: string
  userId: string
  /** Full scope. */
  apiKey: string
  /** Calls /api/v1 with the key and reads the JSON answer, or the text of another one. */
  api: <Body = unknown>(method: string, path: string, body?: unknown, key?: string) => Promise<Answer<Body>>
  /** Signs the owner in, as a browser does; the same calls with the session's cookie. */
  signIn: () => Promise<{ cookie: string; api: SignedInCall }>
  /** Another account of the same installation, with a full key. */
  anotherAccount: (name?: string) => Promise<{ accountId: string; apiKey: string }>
  stop: () => Promise<void>
}

/** The program as it runs in production, on a database of its own, with an owner; it ends with the test file. */
export async function startProgram(options: ProgramOptions = {}): Promise<Program> {
  const database = await freshDatabase()
  const core = testCore(database, options)
  await checkKeys(core.db, core.keys)
  const process = await joinProcesses(core.db, core.pool)
  const server = await buildServer(core)
  const url = await server.listen({ port: 0, host: '127.0.0.1' })
  if (!options.config?.baseUrl) core.config.baseUrl = url
  const jobs =
    options.jobs === false ? null : await runJobs(core, jobHandlers(core), { log: core.log, process, concurrency: 2 })
  const owner = await makeOwner(core)
  const { token: apiKey } = await makeApiKey(core.db, owner.accountId, { name: 'Tests', scope: 'full' }, owner.userId)
  let stopped = false
  const stop = async () => {
    if (stopped) return
    stopped = true
    await server.close()
    await jobs?.stop()
    await process.leave()
  }
  afterAll(stop)
  return {
    core,
    url,
    databaseUrl: database.url,
    process,
    ...owner,
    apiKey,
    api: (method, path, body, key = apiKey) =>
      call(`${url}/api/v1${path}`, method, body, { authorization: `Bearer ${key}` }),
    signIn: async () => {
      const origin = new URL(core.config.baseUrl).origin
      const { headers } = await call(`${url}/api/v1/session`, 'POST', OWNER, { origin })
      const [cookie = ''] = headers.getSetCookie().map((text) => text.split(';')[0] ?? '')
      return { cookie, api: (method, path, body) => call(`${url}/api/v1${path}`, method, body, { cookie, origin }) }
    },
    anotherAccount: async (name = 'Another account') => {
      const { accountId } = await transaction(core.db, (trx) => insertAccount(trx, name))
      const key = await makeApiKey(core.db, accountId, { name: 'Tests', scope: 'full' }, null)
      return { accountId, apiKey: key.token }
    },
    stop,
  }
}

/** What domain functions are handed, around a test's database. */
export function testCore(database: TestDatabase, options: ProgramOptions = {}): Program['core'] {
  return {
    ...database,
    config: { ...readConfig({ PORT: '0', LOG_LEVEL: 'silent' }), ...options.config },
    keys: options.keys ?? freshKeys(),
    clock: options.clock ?? (() => new Date()),
    log: options.log ?? openLog('silent'),
  }
}

export const freshKeys = (): Keys => ({
  address: randomBytes(32),
  link: [{ id: 1, key: randomBytes(32) }],
  session: randomBytes(32),
})

async function makeOwner(core: Core) {
  const link = await ownerLink(core)
  const token = link?.split('#')[1] ?? ''
  return createOwner(core, { ...OWNER, token, accountName: 'Quiet Herons' })
}

/** One request, with JSON or a form as its body, and its answer. */
export async function call<Body>(
  url: string,
  method: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Answer<Body>> {
  const form = body instanceof FormData
  const type: Record<string, string> = body === undefined || form ? {} : { 'content-type': 'application/json' }
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    headers: { ...type, ...headers },
    ...(body === undefined ? {} : { body: form ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  const json = response.headers.get('content-type')?.includes('json') && text !== ''
  return { status: response.status, body: (json ? JSON.parse(text) : text) as Body, headers: response.headers }
}
