// Starts Last Word and ends it again when asked to: by a signal, or because the program that started it is gone.
import { enableCompileCache } from 'node:module'
import { type Asked, readArguments } from './platform/arguments.ts'
import { type Config, readConfig } from './platform/config.ts'
import { openLog } from './platform/log.ts'
import type { Program } from './program.ts'

/** Terminal, npm and wrapper each pass on the same Ctrl-C; only a later one means "now". */
const SAME_SIGNAL_MS = 1000

process.stdout.on('error', () => {}) // nobody reads any more

try {
  const asked = readArguments(process.argv.slice(2))
  const config = readConfig(process.env)
  await run(config, asked)
} catch (error) {
  fail(error)
}

async function run(config: Config, asked: Asked) {
  const log = openLog(config.logLevel)
  enableCompileCache(new URL('../node_modules/.cache/last-word', import.meta.url).pathname)
  const { start } = await import('./program.ts') // after the settings are known to be good, because it takes longest
  const starting = start(config, asked, log, () => void end(1))
  let askedAt: number | null = null

  async function end(code: number) {
    if (askedAt !== null) {
      if (Date.now() - askedAt > SAME_SIGNAL_MS) process.exit(1)
      return
    }
    askedAt = Date.now()
    await starting.then(
      (program) => program.stop(),
      () => {}, // it says below why it did not start
    )
    process.exit(code)
  }

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end(0))
  process.on('disconnect', () => void end(0)) // bin/start.mjs was killed
  process.on('uncaughtException', (err) => {
    log.error({ err }, 'unexpected, the program ends')
    void end(1)
  })
  report(await starting, config, asked)
}

function report(program: Program, config: Config, asked: Asked) {
  const lines = asked.web ? [`Last Word is ready: ${program.address}`] : ['Last Word works on jobs and mail.']
  if (program.filledDemo) lines.push('A sample account is filled.')
  if (program.ownerLink) lines.push(`Create the owner, once: ${program.ownerLink}`)
  if (!config.smtp) lines.push('Mail goes to the built-in mailbox; SMTP_URL changes that (docs/settings.md).')
  process.stdout.write(`${lines.join('\n')}\n`)
}

function fail(error: unknown) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
