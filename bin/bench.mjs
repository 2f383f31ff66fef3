// Runs bench/NAME.ts: npm run --silent bench -- NAME [--rows N]; the last line it prints is JSON.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isInstalled } from './install.mjs'
import { node, root, run } from './run.mjs'

const [name = '', ...args] = process.argv.slice(2)
const file = join(root, 'bench', `${name}.ts`)
if (!/^[a-z][a-z-]*$/.test(name) || !existsSync(file)) {
  const names = readdirSync(join(root, 'bench')).flatMap((entry) => /^([a-z-]+)\.ts$/.exec(entry)?.[1] ?? [])
  console.error(`Which benchmark? There are: ${names.join(', ')}`)
  process.exit(2)
}
if (!isInstalled()) {
  console.error('The packages are not installed. Run npm start or npm ci first.')
  process.exit(2)
}
process.exit(await run([node, file, ...args]))
