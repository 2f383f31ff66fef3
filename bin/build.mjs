// Builds the web application when its sources changed since the last build; `node bin/build.mjs --now` builds in any case.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { node, root, runWithProgress } from './run.mjs'

const built = join(root, 'dist/web')
const note = join(built, '.sources')

export function isBuilt() {
  if (!existsSync(join(root, 'web/index.html'))) return true
  return existsSync(note) && readFileSync(note, 'utf8') === sourcesHash()
}

/** Builds beside the old one and swaps them, so that a build that fails or is cut off changes nothing. @throws Error */
export async function build() {
  const hash = sourcesHash()
  const fresh = `${built}.new-${process.pid}`
  const vite = [node, join(root, 'node_modules/vite/bin/vite.js')]
  const { code, output } = await runWithProgress('Building the pages (only after an update)', [
    ...vite,
    ...['build', '--config', 'web/vite.config.ts', '--outDir', fresh, '--emptyOutDir', '--logLevel', 'warn'],
  ])
  if (code !== 0) {
    rmSync(fresh, { recursive: true, force: true })
    throw new Error(`${output}\nThe pages could not be built. If web/ was not changed, run npm ci and try again.`)
  }
  writeFileSync(join(fresh, '.sources'), hash)
  rmSync(built, { recursive: true, force: true })
  renameSync(fresh, built)
}

/** Everything that the build reads: web/, the contracts it shares with the server, and the versions of the packages. */
function sourcesHash() {
  const files = [
    ...filesIn('web'),
    ...filesIn('src').filter((path) => path.endsWith('.contract.ts')),
    'package-lock.json',
    'tsconfig.json',
  ]
  const hash = createHash('sha256')
  for (const path of files.sort((one, other) => (one < other ? -1 : 1)))
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0')
  return hash.digest('hex')
}

function filesIn(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return filesIn(path)
    return /\.test\.tsx?$/.test(entry.name) ? [] : [path]
  })
}

if (process.argv[2] === '--now')
  await build().catch((error) => {
    console.error(error.message)
    process.exit(1)
  })
