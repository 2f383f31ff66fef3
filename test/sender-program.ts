// A program that only sends, for tests that kill it. What it needs comes as JSON in SENDER.
import { z } from 'zod'
import { startSender } from '../src/delivery/sender.ts'
import { readConfig } from '../src/platform/config.ts'
import { openDatabase } from '../src/platform/database.ts'
import { openLog } from '../src/platform/log.ts'
import { joinProcesses } from '../src/platform/processes.ts'

const secret = z.string().transform((text) => Buffer.from(text, 'base64url'))
const given = z
  .object({
    databaseUrl: z.string(),
    baseUrl: z.string(),
    port: z.int(),
    connections: z.int(),
    linkKey: secret,
  })
  .parse(JSON.parse(process.env.SENDER ?? '{}'))

const database = openDatabase(given.databaseUrl)
const config = readConfig({
  BASE_URL: given.baseUrl,
  SMTP_URL: `smtp://127.0.0.1:${given.port}?tls=none`,
  SMTP_CONNECTIONS: String(given.connections),
})
const core = {
  ...database,
  config,
  keys: { address: Buffer.alloc(32), link: [{ id: 1, key: given.linkKey }], session: Buffer.alloc(32) },
  clock: () => new Date(),
  log: openLog('warn'),
}
startSender(core, await joinProcesses(database.db, database.pool))
