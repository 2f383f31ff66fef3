// Programs that tests use and npm does not have. As root on Debian they are installed, else a line says what is left out.
import { existsSync } from 'node:fs'
import { postgresPrograms } from './postgres.mjs'
import { runWithProgress } from './run.mjs'

const tools = [
  { name: 'Chromium', there: () => existsSync('/usr/bin/chromium'), packages: ['chromium'], for: 'browser tests' },
  {
    name: 'Postfix',
    there: () => existsSync('/usr/sbin/postfix'),
    packages: ['postfix'],
    for: 'journeys through Postfix',
  },
  {
    name: 'opendkim-testmsg',
    there: () => existsSync('/usr/bin/opendkim-testmsg'),
    packages: ['opendkim-tools'],
    for: 'a second opinion on DKIM',
  },
  {
    name: 'PostgreSQL',
    there: () => postgresPrograms() !== null,
    packages: ['postgresql'],
    for: 'the same tests on another PostgreSQL',
  },
]

/** Leaves nothing failed: what cannot be had is named, and its tests are skipped or fail by themselves. */
export async function installTools() {
  const missing = tools.filter((tool) => !tool.there())
  if (missing.length === 0) return
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) await installFromDebian(missing)
  for (const tool of missing.filter((one) => !one.there()))
    console.log(
      `${tool.name} is not installed: needed for ${tool.for} (Debian: apt-get install ${tool.packages.join(' ')}).`,
    )
}

async function installFromDebian(missing) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (what, args) => runWithProgress(what, ['apt-get', '-q', '-y', ...args], { env })
  const update = await apt('Reading the list of Debian packages', ['update'])
  if (update.code !== 0) return console.log(update.output)
  if (missing.some((tool) => tool.name === 'Postfix'))
    await runWithProgress('Choosing no mail configuration', [
      'sh',
      '-c',
      'echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections',
    ])
  // One by one, so that one that cannot be had does not keep the others out.
  for (const tool of missing) {
    const { code, output } = await apt(`Installing ${tool.name}`, [
      'install',
      '--no-install-recommends',
      ...tool.packages,
    ])
    if (code !== 0) console.log(output)
  }
}
