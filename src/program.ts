// The whole program, put together in the one order that is safe; stopping goes the other way round.
import { createServer } from 'node:net'
import { ensureOwner, ownerLink } from './accounts/owner.ts'
import { jobHandlers } from './api/handlers.ts'
import { pruneCounts } from './audience/counts.ts'
import { purgeSignUps } from './audience/sign-up.ts'
import { startConfirmations } from './delivery/confirmation-lane.ts'
import { inheritConfirmations } from './delivery/confirmation-queue.ts'
import { startReturnsListener } from './delivery/feedback/listener.ts'
import { pruneRates } from './delivery/pace.ts'
import { inheritMessages } from './delivery/queue.ts'
import { startSender } from './delivery/sender.ts'
import { fillDemo } from './demo/demo.ts'
import { buildServer } from './http/server.ts'
import type { Asked } from './platform/arguments.ts'
import { claimDataDirectory } from './platform/claim.ts'
import { systemClock } from './platform/clock.ts'
import type { Config } from './platform/config.ts'
import type { Core } from './platform/core.ts'
import { openDatabase, type Trx } from './platform/database.ts'
import { keepRunning, startEmbedded } from './platform/embedded.ts'
import { inheritJobs, runJobs } from './platform/jobs.ts'
import { checkKeys, knowsKeys, loadKeys } from './platform/keys.ts'
import type { Log } from './platform/log.ts'
import { migrate } from './platform/migrate.ts'
import { buryDead, joinProcesses, type Process } from './platform/processes.ts'

const BURY_EVERY_MS = 30_000
const PRUNE_EVERY_MS = 120_000

export type Program = {
  address: string
  /** The one-time link, while nobody can sign in. */
  ownerLink: string | null
  /** True when a sample account was filled now. */
  filledDemo: boolean
  /** Takes no more work, finishes what is in flight, closes everything. */
  stop: () => Promise<void>
}

/** Undone in the opposite order; a step that fails is logged and keeps none of the others from happening. */
class Teardown {
  readonly #steps: (() => Promise<unknown>)[] = []
  readonly #log: Log
  #done: Promise<void> | null = null

  constructor(log: Log) {
    this.#log = log
  }

  add(step: () => Promise<unknown>) {
    this.#steps.unshift(step)
  }

  run(): Promise<void> {
    this.#done ??= this.#runAll()
    return this.#done
  }

  async #runAll() {
    for (const step of this.#steps) await step().catch((err: unknown) => this.#log.warn({ err }, 'not stopped cleanly'))
  }
}

/**
 * Starts what was asked for and gives it when it answers.
 *
 * @param onLost called when another program took the data directory over; this one must end
 * @throws Error whose message tells an operator what to do; nothing keeps running then
 */
export async function start(given: Config, asked: Asked, log: Log, onLost: () => void): Promise<Program> {
  const config = await withPort(given)
  if (!config.databaseUrl && !(asked.web && asked.worker))
    throw new Error('--web and --worker share one database between programs: set DATABASE_URL to it.')
  const teardown = new Teardown(log)
  try {
    const { url, announce } = await openServer(config, log, teardown, onLost)
    await migrate(url)
    const database = openDatabase(url)
    teardown.add(() => database.close())
    const keys = loadKeys(config, !(await knowsKeys(database.db)))
    await checkKeys(database.db, keys)
    const core: Core = { ...database, config, keys, clock: systemClock, log }
    const process = await joinProcesses(core.db, core.pool)
    teardown.add(() => process.leave(inherit))
    await ensureOwner(core) // whoever finds the program listening can sign in
    const filledDemo = asked.demo && (await fillDemo(core))
    if (asked.web) await listen(core, teardown)
    if (asked.worker) await startWork(core, process, teardown)
    announce(config.baseUrl)
    return { address: config.baseUrl, ownerLink: await ownerLink(core), filledDemo, stop: () => teardown.run() }
  } catch (error) {
    await teardown.run()
    throw error
  }
}

/** PORT=0 takes a free one. */
async function withPort(config: Config): Promise<Config> {
  if (config.port !== 0) return config
  const probe = createServer().listen(0, config.host)
  await new Promise((resolve) => probe.once('listening', resolve))
  const taken = probe.address()
  const port = typeof taken === 'object' && taken ? taken.port : 0
  await new Promise((resolve) => probe.close(resolve))
  return { ...config, port, baseUrl: config.baseUrl.replace(/^(http:\/\/localhost):0$/, `$1:${port}`) }
}

/** The database's URL for the owner of the schema; of the embedded server when no other is given. */
async function openServer(config: Config, log: Log, teardown: Teardown, onLost: () => void) {
  if (config.databaseUrl) return { url: config.databaseUrl, announce: () => {} }
  const embedded = await startEmbedded(config.dataDir)
  // A server that somebody else works with stays: only its claimant may stop it.
  let isOurs = true
  const claim = await claimDataDirectory(embedded.url, config.dataDir, () => {
    isOurs = false
    onLost()
  })
  const kept = keepRunning(embedded, config.dataDir, log, () => isOurs)
  teardown.add(() => kept.stop())
  teardown.add(() => claim.release())
  return { url: embedded.url, announce: claim.announce }
}

async function listen(core: Core, teardown: Teardown) {
  const { host, port } = core.config
  const server = await buildServer(core)
  teardown.add(() => server.close())
  try {
    await server.listen({ host, port })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EADDRINUSE')
      throw new Error(`Port ${port} is taken by another program. Set PORT to a free one, such as PORT=${port + 1}.`)
    if (code === 'EACCES') throw new Error(`Port ${port} is not allowed here. Set PORT to one above 1023.`)
    if (code === 'EADDRNOTAVAIL') throw new Error(`HOST is ${host}, which is no address of this machine.`)
    throw error
  }
}

const inherit = async (trx: Trx, dead: number[]) => {
  await inheritJobs(trx, dead)
  await inheritMessages(trx, dead)
  await inheritConfirmations(trx, dead)
}

async function startWork(core: Core, process: Process, teardown: Teardown) {
  const { db, log } = core
  await buryDead(db, inherit, process.id)
  const burying = setInterval(() => {
    void buryDead(db, inherit, process.id).catch((err: unknown) => log.warn({ err }, 'dead programs not looked after'))
  }, BURY_EVERY_MS)
  teardown.add(async () => clearInterval(burying))
  const pruning = setInterval(() => {
    void pruneCounts(db).catch((err: unknown) => log.warn({ err }, 'kept counts not pruned'))
    void pruneRates(db).catch((err: unknown) => log.warn({ err }, 'old rates not pruned'))
    void purgeSignUps(db).catch((err: unknown) => log.warn({ err }, 'old sign-ups not purged'))
  }, PRUNE_EVERY_MS)
  teardown.add(async () => clearInterval(pruning))
  const jobs = await runJobs(core, jobHandlers(core), { log, process })
  teardown.add(() => jobs.stop())
  const sender = startSender(core, process)
  teardown.add(() => Promise.resolve(sender.stop()))
  const confirmations = startConfirmations(core, process)
  teardown.add(() => confirmations.stop())
  const { returns } = core.config
  if (!returns) return
  const listener = await startReturnsListener(core, returns).catch((cause: unknown) => {
    throw new Error(`RETURNS_LISTEN: nothing can listen on ${returns.host}:${returns.port}.`, { cause })
  })
  teardown.add(() => listener.stop())
}
