import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startProgram } from '../../test/program.ts'
import { openDatabase } from '../platform/database.ts'
import { buildServer } from './server.ts'

const program = await startProgram()
const behindTls = await startProgram({ config: { baseUrl: 'https://mail.sender.example' } })

test('the program says that it can do its work', async () => {
  const response = await fetch(`${program.url}/healthz`)
  expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }])
})

test('without its database the program says so, soon, and answers 503 elsewhere', async () => {
  const gone = openDatabase('postgres://nobody@127.0.0.1:1/none')
  const server = await buildServer({ ...program.core, ...gone })
  const [health, api] = await Promise.all([
    server.inject('/healthz'),
    server.inject({ url: '/api/v1/account', headers: { authorization: 'Bearer lw_some-key' } }),
  ])
  expect([health.statusCode, health.json()]).toMatchObject([503, { code: 'unavailable' }])
  expect([api.statusCode, api.headers['retry-after']]).toEqual([503, '5'])
  await server.close()
  await gone.close()
})

test('an address of the API that does not exist is answered as JSON', async () => {
  const response = await fetch(`${program.url}/api/v1/nothing`, { headers: { accept: 'text/html' } })
  expect([response.status, await response.json()]).toMatchObject([404, { code: 'request.not_found' }])
})

test.each(['/', '/healthz', '/api/v1/account', '/api/openapi.json', '/nothing'])(
  '%s carries the headers that keep browsers safe (SE-8)',
  async (path) => {
    const { headers } = await fetch(program.url + path)
    const policy = headers.get('content-security-policy') ?? ''
    for (const rule of ["script-src 'self';", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"])
      expect(policy).toContain(rule)
    expect(policy).not.toContain('unsafe-eval')
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
    })
    expect([headers.get('server'), headers.get('x-powered-by'), headers.get('strict-transport-security')]).toEqual([
      null,
      null,
      null,
    ])
  },
)

test('on https browsers are told to stay there for a year (SE-8)', async () => {
  const { headers } = await fetch(`${behindTls.url}/healthz`)
  expect(headers.get('strict-transport-security')).toBe('max-age=31536000')
})

test('what a request says about its host changes nothing in an answer (SE-12)', async () => {
  const response = await fetch(`${behindTls.url}/api/openapi.json`, {
    headers: { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http' },
  })
  expect(await response.text()).not.toContain('evil.example')
})

test('a client that stops in the middle of a request does not keep the program from ending', async () => {
  const server = await buildServer(program.core)
  const url = new URL(await server.listen({ port: 0, host: '127.0.0.1' }))
  const client = connect(Number(url.port), '127.0.0.1')
  client.on('error', () => {})
  client.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n')
  await sleep(200)
  const closing = server.close().then(() => 'closed')
  expect(await Promise.race([closing, sleep(15_000)])).toBe('closed')
  client.destroy()
})
