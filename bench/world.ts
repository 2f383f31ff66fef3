// The whole program around a fresh database, for benchmarks that need more than one process of it.
import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeApiKey } from '../src/accounts/api-key.ts'
import { insertAccount } from '../src/accounts/owner.ts'
import { jobHandlers } from '../src/api/handlers.ts'
import { buildServer } from '../src/http/server.ts'
import { readConfig } from '../src/platform/config.ts'
import type { Core } from '../src/platform/core.ts'
import { openDatabase, transaction } from '../src/platform/database.ts'
import { startEmbedded } from '../src/platform/embedded.ts'
import { runJobs } from '../src/platform/jobs.ts'
import { checkKeys } from '../src/platform/keys.ts'
import { openLog } from '../src/platform/log.ts'
import { migrate } from '../src/platform/migrate.ts'
import { joinProcesses } from '../src/platform/processes.ts'

export type World = {
  core: Core
  accountId: string
  url: string
  apiKey: string
  /** A program that only sends, to this port of the machine. */
  startWorker: (port: number, connections: number) => ChildProcess
  close: () => Promise<void>
}

/** Web and jobs in this process, no sending. */
export async function openWorld(): Promise<World> {
  const dir = await mkdtemp(join(tmpdir(), 'last-word-bench-'))
  await chmod(dir, 0o711) // as root, the server's own user must enter
  const server = await startEmbedded(dir)
  await migrate(server.url)
  const database = openDatabase(server.url, { connections: 10 })
  const keys = { address: randomBytes(32), link: [{ id: 1, key: randomBytes(32) }], session: randomBytes(32) }
  const config = readConfig({ DATA_DIR: dir, PORT: '0' })
  const core: Core = { ...database, config, keys, clock: () => new Date(), log: openLog('warn') }
  await checkKeys(core.db, core.keys)
  const process_ = await joinProcesses(core.db, core.pool)
  const http = await buildServer(core)
  const url = await http.listen({ port: 0, host: '127.0.0.1' })
  core.config.baseUrl = url
  const jobs = await runJobs(core, jobHandlers(core), { log: core.log, process: process_, concurrency: 2 })
  const { accountId } = await transaction(core.db, (trx) => insertAccount(trx, 'Bench'))
  const { token: apiKey } = await makeApiKey(core.db, accountId, { name: 'Bench', scope: 'full' }, null)
  return {
    core,
    accountId,
    url,
    apiKey,
    startWorker: (port, connections) => {
      const linkKey = keys.link[0]?.key.toString('base64url')
      const sender = { databaseUrl: server.url, baseUrl: url, port, connections, linkKey }
      return fork(new URL('../test/sender-program.ts', import.meta.url), {
        env: { ...process.env, SENDER: JSON.stringify(sender) },
      })
    },
    close: async () => {
      await http.close()
      await jobs.stop()
      await process_.leave()
      await database.close()
      await server.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}
