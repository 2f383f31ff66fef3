// The layout as a test: a module imports only to its left, and what the promise rests on stays where it is.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const order = ['platform', 'optouts', 'accounts', 'audience', 'mailings', 'delivery', 'response', 'api', 'emma', 'http']
const beside = new Set(['emma api', 'api emma']) // adapters of the same rank: neither knows the other

const filesIn = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}/${path}`)
    .filter((path) => /\.(ts|tsx|mjs)$/.test(path))

const text = (path: string) => readFileSync(join(root, path), 'utf8')
const isTest = (path: string) => /\.test\.tsx?$/.test(path)

/** What a file imports: paths from the root of the repository for our own files, package names for the others. */
function importsOf(path: string): string[] {
  const found = text(path).matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?from\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)|^import '([^']+)'/gm,
  )
  return [...found].map((match) => {
    const name = match[1] ?? match[2] ?? match[3] ?? ''
    return name.startsWith('.') ? normalize(join(dirname(path), name)) : name
  })
}

const moduleOf = (path: string) => (path.split('/').length > 2 ? (path.split('/')[1] ?? '') : '')

const server = filesIn('src')
const production = server.filter((path) => !isTest(path))
const web = filesIn('web')
const everything = [...server, ...web, ...filesIn('test'), ...filesIn('bin'), ...filesIn('bench')]

/** Nothing in `offences` that breaks the rule, said as "file: what". */
const none = (offences: string[]) => expect(offences).toEqual([])

test('a module imports only modules to its left', () => {
  const offences: string[] = []
  expect(production.flatMap(importsOf).length).toBeGreaterThan(100) // the reading of imports works
  for (const path of production.filter((file) => order.includes(moduleOf(file))))
    for (const imported of importsOf(path).filter((name) => name.startsWith('src/'))) {
      const [from, to] = [moduleOf(path), moduleOf(imported)]
      if (from === to) continue
      if (order.indexOf(to) > order.indexOf(from) || !order.includes(to) || beside.has(`${from} ${to}`))
        offences.push(`${path}: ${imported}`)
    }
  none(offences)
})

test('every folder of the server is a module that is known, or the sample account', () => {
  none(
    [...new Set(production.map(moduleOf))].filter(
      (module) => module !== '' && module !== 'demo' && !order.includes(module),
    ),
  )
})

test('contracts import the schema library and other contracts, so that a browser can load them', () => {
  const allowed = (name: string) => name === 'zod' || name.endsWith('.contract.ts')
  none(
    production
      .filter((path) => path.endsWith('.contract.ts'))
      .flatMap((path) =>
        importsOf(path)
          .filter((name) => !allowed(name))
          .map((name) => `${path}: ${name}`),
      ),
  )
})

test('the web application takes nothing from the server but contracts', () => {
  none(
    web.flatMap((path) =>
      importsOf(path)
        .filter((name) => name.startsWith('src/') && !name.endsWith('.contract.ts'))
        .map((name) => `${path}: ${name}`),
    ),
  )
})

test('source files stay under 300 lines', () => {
  none(
    [...production, ...web]
      .map((path) => ({ path, lines: text(path).split('\n').length }))
      .filter(({ lines }) => lines > 300)
      .map(({ path, lines }) => `${path}: ${lines} lines`),
  )
})

test('one module alone talks SMTP (INV-8)', () => {
  const clients = production.filter((path) => importsOf(path).some((name) => name.startsWith('nodemailer')))
  none(clients.filter((path) => !/^src\/delivery\/smtp[\w-]*\.ts$/.test(path)))
  expect(clients.length).toBeGreaterThan(0)
})

test('HTTP stays in routes, pages, the API and http/ (D10)', () => {
  const http = (name: string) => /^(fastify|@fastify\/.*|node:http|fastify-type-provider-zod)$/.test(name)
  const atTheEdge = (path: string) => /^src\/(http|api|emma)\//.test(path) || path.endsWith('.routes.ts')
  none(production.filter((path) => !atTheEdge(path) && importsOf(path).some(http)))
})

test('opt-outs are written by the routines of the database alone (D1)', () => {
  const writes = /\b(insert\s+into|update|delete\s+from|truncate)\s+(optout_ledger|standing_optouts)\b/i
  none(production.filter((path) => writes.test(text(path))))
})

test('there are no barrels and no default exports', () => {
  const lines = (path: string) => text(path).split('\n')
  none([...production, ...web].filter((path) => lines(path).some((line) => /^export (\*|\{[^}]*\}) from/.test(line))))
  none(
    everything.filter(
      (path) => !path.endsWith('.config.ts') && lines(path).some((line) => line.startsWith('export default')),
    ),
  )
  none(everything.filter((path) => /\/index\.tsx?$/.test(path)))
})

test('nothing in the repository names a place outside it', () => {
  const outside = [['', 'work', ''].join('/'), ['registry', 'npmjs'].join('.'), ['registry', 'yarnpkg'].join('.')]
  const documents = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'STYLE.md', 'CHANGELOG.md', 'package.json']
  none(
    [...everything, ...documents, 'package-lock.json'].flatMap((path) =>
      outside.filter((word) => text(path).includes(word)).map((word) => `${path}: ${word}`),
    ),
  )
})
