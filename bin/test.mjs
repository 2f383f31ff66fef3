// npm test, and what CI runs: every check there is. Ends with "N passed, N failed" on a line of its own.
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { countPlaywright, countVitest } from './count.mjs'
import { install, isInstalled } from './install.mjs'
import { testsOnDatabase, withSecondPostgres } from './postgres.mjs'
import { node, root, run } from './run.mjs'
import { installTools } from './tools.mjs'

const packages = join(root, 'node_modules')
const reports = join(root, 'test-results')
const results = []

rmSync(reports, { recursive: true, force: true })
mkdirSync(reports, { recursive: true })

try {
  if (!isInstalled()) await install()
} catch (error) {
  console.error(error.message)
  console.log('0 passed, 1 failed')
  process.exit(1)
}
await installTools()

await check('format', [join(packages, '@biomejs/biome/bin/biome'), 'check', '.'])
await check('lint', [join(packages, 'oxlint/bin/oxlint'), '--type-aware', '--deny-warnings'])
await check('types', [join(packages, '@typescript/native/bin/tsc'), '--noEmit'])
await check('dead code', [join(packages, 'knip/bin/knip.js')])
await check('web build', [join(root, 'bin/build.mjs'), '--now'])
await suite('tests', vitest('vitest.json'), (code) => countVitest('vitest.json', code))
await withSecondPostgres(async (url) => {
  const files = testsOnDatabase()
  await suite(
    'tests on a second PostgreSQL',
    vitest('vitest-second.json', files),
    (code) => countVitest('vitest-second.json', code),
    {
      TEST_DATABASE_URL: url,
    },
  )
})
if (existsSync(join(root, 'test/browser/playwright.config.ts')))
  await suite(
    'browser',
    [join(packages, '@playwright/test/cli.js'), 'test', '-c', 'test/browser/playwright.config.ts'],
    (code) => countPlaywright('browser.json', code),
  )

console.log('')
for (const { name, passed, failed, skipped, seconds } of results)
  console.log(
    `${failed ? 'FAILED' : 'ok    '} ${name}: ${passed} passed, ${failed} failed, ${skipped} skipped (${seconds} s)`,
  )
const sum = (what) => results.reduce((total, result) => total + result[what], 0)
console.log(`${sum('passed')} passed, ${sum('failed')} failed`)
process.exit(sum('failed') > 0 ? 1 : 0)

function vitest(report, files = []) {
  return [
    join(packages, 'vitest/vitest.mjs'),
    ...['run', '--reporter=default', '--reporter=json', `--outputFile.json=${join(reports, report)}`],
    ...files,
  ]
}

/** A step without tests of its own counts as one. */
async function check(name, command) {
  await suite(name, command, (code) => ({ passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 }))
}

async function suite(name, command, count, env = {}) {
  console.log(`\n== ${name}`)
  const startedAt = Date.now()
  const path = `${join(packages, '.bin')}:${process.env.PATH}`
  const code = await run([node, ...command], { env: { ...process.env, CI: 'true', ...env, PATH: path } })
  results.push({ name, ...count(code), seconds: Math.round((Date.now() - startedAt) / 1000) })
}
