import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify from 'fastify'
import { afterAll, expect, test } from 'vitest'
import { webApplication } from './web.ts'

const root = `${mkdtempSync(join(tmpdir(), 'last-word-web-'))}/`
const empty = mkdtempSync(join(tmpdir(), 'last-word-web-'))
mkdirSync(join(root, 'assets'))
writeFileSync(join(root, 'index.html'), '<!doctype html><title>Last Word</title>')
writeFileSync(join(root, 'assets', 'main-4f3a.js'), 'export {}')
writeFileSync(join(root, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')

const app = Fastify()
const unbuilt = Fastify()
await webApplication(app, root)
await webApplication(unbuilt, empty)
afterAll(async () => {
  await Promise.all([app.close(), unbuilt.close()])
  for (const folder of [root, empty]) rmSync(folder, { recursive: true })
})

const html = { accept: 'text/html,application/xhtml+xml' }
const get = (url: string, headers: Record<string, string> = html) => app.inject({ url, headers })

test.each(['/', '/audience/contacts', '/audience/contacts/17?status=opt_out', '/welcome', '/sign-in', '/opt-outs'])(
  'the page %s is the application',
  async (url) => {
    const { statusCode, body, headers } = await get(url)
    expect([statusCode, body.slice(0, 15), headers['cache-control']]).toEqual([200, '<!doctype html>', 'no-cache'])
  },
)

test('files whose names change with their content are kept for good; others are asked for again', async () => {
  const script = await get('/assets/main-4f3a.js', { accept: '*/*' })
  expect([script.statusCode, script.headers['cache-control']]).toEqual([200, 'public, max-age=31536000, immutable'])
  expect((await get('/icon.svg', { accept: 'image/*' })).headers['cache-control']).toBe('no-cache')
})

test.each(['/api/v1/nothing', '/api', '/assets/gone.js', '/emma/1/x', '/o/a/b', '/c/x', '/i/x', '/v/x'])(
  '%s is never the application, also for a browser',
  async (url) => {
    const { statusCode, json } = await get(url)
    expect([statusCode, json()]).toMatchObject([404, { code: 'request.not_found' }])
  },
)

test('a program that asks for an unknown page gets 404, not a page', async () => {
  expect((await get('/audience/contacts', { accept: 'application/json' })).statusCode).toBe(404)
})

test.each(['/../package.json', '/%2e%2e/package.json', '/assets/..%2f..%2f..%2fetc/passwd'])(
  '%s leaves the folder of the application for nobody',
  async (url) => {
    expect((await get(url, { accept: '*/*' })).statusCode).toBeGreaterThanOrEqual(400)
  },
)

test('before the pages are built, the program says how to build them', async () => {
  const { statusCode, body } = await unbuilt.inject({ url: '/audience', headers: html })
  expect([statusCode, body]).toEqual([503, expect.stringContaining('npm run build')])
})
