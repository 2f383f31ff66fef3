// How fast a mailing leaves to Postfix's smtp-sink, each message filled, checked at the last moment and recorded, beside
// ready-made messages over the same connections without any of it (the floor), nodemailer's pool with the same content,
// and Postfix's smtp-source. Program, database and sink share the machine.
//   npm run --silent bench -- send --rows 100000 [--dkim] [--connections 20] [--delay MS] [--alone]
import { readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { insertAccount } from '../src/accounts/owner.ts'
import { startSender } from '../src/delivery/sender.ts'
import { readConfig } from '../src/platform/config.ts'
import type { Core } from '../src/platform/core.ts'
import { openDatabase, transaction } from '../src/platform/database.ts'
import { startEmbedded } from '../src/platform/embedded.ts'
import { loadKeys } from '../src/platform/keys.ts'
import { openLog } from '../src/platform/log.ts'
import { migrate } from '../src/platform/migrate.ts'
import { joinProcesses } from '../src/platform/processes.ts'
import { insertContacts, insertSendingMailing, statesOf, statusOf } from '../test/sending.ts'
import { dkimKeyFile } from '../test/smtp.ts'
import { readyMade, type Sink, startDelay, startSink, withNodemailer, withSmtpSource } from './wires.ts'

const { values: given } = parseArgs({
  options: {
    rows: { type: 'string', default: '20000' },
    connections: { type: 'string', default: '20' },
    dkim: { type: 'boolean', default: false },
    delay: { type: 'string', default: '0' },
    alone: { type: 'boolean', default: false },
  },
})
const rows = Number(given.rows)
const connections = Number(given.connections)

const paragraph =
  'The spring bulbs are in and the glasshouse opens on Saturday, with tea and cake from ten until four. '
const NAME = '{{ contact.first_name | default: "friend" }}'
/** 10 KB, personalised in 8 places, with 6 links to elsewhere. */
const html = `<h1>Dear ${NAME}</h1>${Array.from(
  { length: 6 },
  (_, index) =>
    `<p>For you, ${NAME}: ${paragraph.repeat(5)}</p><p><a href="https://fernmoor.example/bulbs/${index}">Read on</a></p>`,
).join('')}<p>${paragraph.repeat(4)}</p><p>See you soon, ${NAME}</p>`

async function measure() {
  const dir = await mkdtemp(join(tmpdir(), 'last-word-bench-'))
  await chmod(dir, 0o711) // as root, the server's own user must enter
  const server = await startEmbedded(dir)
  const sink = await startSink()
  const relay = Number(given.delay) > 0 ? await startDelay(sink, Number(given.delay)) : sink
  try {
    await migrate(server.url)
    const database = openDatabase(server.url, { connections: 10 })
    const core = coreFor(database, dir, relay.port)
    const { accountId } = await transaction(core.db, (trx) => insertAccount(trx, 'Bench'))
    const contacts = []
    for (let start = 0; start < rows; start += 10_000)
      contacts.push(...(await insertContacts(core, accountId, Math.min(10_000, rows - start), `n${start}-`)))
    const mailingId = await insertSendingMailing(core, accountId, contacts, { html, tracking: true })
    const process_ = await joinProcesses(core.db, core.pool)
    const usedBefore = process.cpuUsage()
    const databaseBefore = childrenCpuSeconds(dir)
    const began = performance.now()
    const sender = startSender(core, process_)
    while ((await statusOf(core, accountId, mailingId)).status !== 'sent') await sleep(50)
    const seconds = (performance.now() - began) / 1000
    const used = process.cpuUsage(usedBefore)
    const databaseCpuSeconds = childrenCpuSeconds(dir) - databaseBefore
    await sender.stop()
    console.error(await statesOf(core, accountId, mailingId))
    const { smtp } = core.config
    if (!smtp) throw new Error('there is no sink')
    const floorSeconds = await readyMade(smtp, rows, connections, ready)
    await process_.leave()
    await database.close()
    const peakMB = Math.round(process.resourceUsage().maxRSS / 1024)
    const beside = given.alone ? {} : await others(relay)
    const figures = {
      seconds,
      perSecond: rows / seconds,
      floorSeconds,
      ratio: seconds / floorSeconds,
      // On a machine that others use too these say more than the clock.
      cpuSeconds: (used.user + used.system) / 1e6,
      databaseCpuSeconds,
      ...beside,
    }
    const rounded = Object.fromEntries(Object.entries(figures).map(([key, value]) => [key, Number(value.toFixed(2))]))
    console.log(JSON.stringify({ name: 'send', rows, dkim: given.dkim, connections, ...rounded, peakMB }))
  } finally {
    if (relay !== sink) await relay.stop()
    await sink.stop()
    await server.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

function coreFor(database: ReturnType<typeof openDatabase>, dir: string, port: number): Core {
  const config = readConfig({
    DATA_DIR: dir,
    SMTP_URL: `smtp://127.0.0.1:${port}?tls=none`,
    SMTP_CONNECTIONS: String(connections),
    ...(given.dkim ? { DKIM_DOMAIN: 'fernmoor.example', DKIM_SELECTOR: 'lw1', DKIM_KEY_FILE: dkimKeyFile } : {}),
  })
  return { ...database, config, keys: loadKeys(config), clock: () => new Date(), log: openLog('warn') }
}

/** CPU time of the database's processes in seconds; Linux counts it in hundredths. */
function childrenCpuSeconds(dataDir: string): number {
  const postmaster = readFileSync(join(dataDir, 'postgres/cluster/postmaster.pid'), 'utf8').split('\n')[0]
  const ticks = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => statOf(pid))
    .filter((fields) => fields[1] === postmaster)
    .map((fields) => Number(fields[11]) + Number(fields[12]))
  return ticks.reduce((sum, one) => sum + one, 0) / 100
}

/** Fields of /proc/PID/stat after the name: state, parent, … */
function statOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  } catch {
    return [] // it ended meanwhile
  }
}

const ready = Buffer.from(`Subject: Hello\r\n\r\n${`${paragraph.slice(0, 76)}\r\n`.repeat(130)}`)

/** Messages a second of the others, on a tenth of the messages. */
async function others(relay: Sink) {
  const fewer = Math.max(1000, rows / 10)
  const dkimKey = given.dkim ? readFileSync(dkimKeyFile, 'utf8') : null
  const content = {
    html: html.replaceAll(NAME, '{{ contact.first_name }}'),
    text: `Dear {{ contact.first_name }}\n${paragraph.repeat(36)}`,
    dkimKey,
  }
  const nodemailer = await withNodemailer(relay, fewer, connections, content)
  const source = await withSmtpSource(relay, rows, connections, ready.length)
  return { nodemailerPerSecond: fewer / nodemailer, smtpSourcePerSecond: rows / source }
}

await measure()
