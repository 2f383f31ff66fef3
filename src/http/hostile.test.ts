import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { everyCall } from '../../test/api-calls.ts'
import { startProgram } from '../../test/program.ts'

const program = await startProgram()
const calls = await everyCall(program.url)
const key = { authorization: `Bearer ${program.apiKey}` }
const json = { ...key, 'content-type': 'application/json' }
const account = `${program.url}/api/v1/account`

async function answerTo(url: string, init: RequestInit) {
  const response = await fetch(url, init)
  const text = await response.text()
  return { status: response.status, type: response.headers.get('content-type'), body: JSON.parse(text) as unknown }
}

const patch = (body: string | Buffer<ArrayBuffer>, headers: Record<string, string> = json) =>
  answerTo(account, { method: 'PATCH', headers, body })

test.each<[string, string | Buffer<ArrayBuffer>, number]>([
  ['JSON that ends early', '{"name":', 400],
  ['no JSON', 'name=x', 400],
  ['a number where an object belongs', '7', 400],
  ['null', 'null', 400],
  ['nothing', '', 400],
  ['a list', '[]', 400],
  ['__proto__', '{"__proto__":{"scope":"full"}}', 400],
  ['constructor.prototype', '{"constructor":{"prototype":{"scope":"full"}}}', 400],
  ['an unknown property', '{"status":"active"}', 400],
  ['NUL in a value', '{"contactUrl":"https://sender.example/\\u0000"}', 400],
  ['NUL in a key', '{"na\\u0000me":"x"}', 400],
  ['half a character', '{"name":"\\ud800"}', 400],
  ['a control character in a name', '{"senderName":"a\\rb"}', 400],
  ['invalid UTF-8', Buffer.from([...Buffer.from('{"name":"'), 0xff, 0xfe, ...Buffer.from('"}')]), 400],
  ['objects nested 100,000 deep', `{"name":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 400],
  ['a name of 900 KB', JSON.stringify({ name: 'x'.repeat(900_000) }), 400],
  ['a body of 2 MB', JSON.stringify({ name: 'x'.repeat(2_000_000) }), 413],
])('a body with %s is refused with a reason', async (_what, body, status) => {
  const answer = await patch(body)
  expect(answer).toMatchObject({ status, body: { code: expect.any(String), message: expect.stringMatching(/\S/) } })
})

test.each([
  'text/plain',
  'text/xml',
  'application/octet-stream',
  'application/json-seq',
  'nonsense',
  'application/json x',
])('the content type %s is refused', async (type) => {
  expect(await patch('{"name":"x"}', { ...key, 'content-type': type })).toMatchObject({
    status: 415,
    body: { code: 'request.content_type' },
  })
})

test.each(['application/x-www-form-urlencoded', 'multipart/form-data', 'multipart/form-data; boundary=x'])(
  'a form, as %s, is not taken for JSON',
  async (type) => {
    const { status } = await patch('name=x', { ...key, 'content-type': type })
    expect([400, 406, 415]).toContain(status)
  },
)

test('a body that says it has 100 MB is answered with 413 before it is sent', async () => {
  const answer = await raw(
    `PATCH /api/v1/account HTTP/1.1\r\nHost: x\r\nAuthorization: ${key.authorization}\r\nContent-Type: application/json\r\nContent-Length: 104857600\r\n\r\n{`,
  )
  expect(answer).toMatch(/^HTTP\/1\.1 413 [\s\S]*connection: close[\s\S]*"request.too_large"/i)
})

test('a body without end is cut off with 413', async () => {
  const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
  const answer = await raw(
    `PATCH /api/v1/account HTTP/1.1\r\nHost: x\r\nAuthorization: ${key.authorization}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(20)}`,
  )
  expect(answer).toMatch(/^HTTP\/1\.1 413 /)
})

test.each([
  ['what is no HTTP', 'HELO there\r\n\r\n', 400],
  ['headers of 100 KB', `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(100_000)}\r\n\r\n`, 431],
  ['two lengths', 'POST /o/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx', 400],
  [
    'a length and chunks',
    'POST /o/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
  ],
])('%s is answered as JSON and closed', async (_what, request, status) => {
  const answer = await raw(request)
  expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*"code":"request.invalid"`))
})

test.each([
  '0',
  '-1',
  '1.5',
  'abc',
  '99999999999999999999',
  '1e3',
  '0x1',
  '%00',
  "1'--",
  '1%20',
  '..%2f1',
  '%F0%9F%90%A6',
  '%ff',
])('the id %s is refused on every call that takes one', async (id) => {
  for (const { method, name } of calls.filter((one) => one.name.includes('{'))) {
    const path = name.split(' ')[1]?.replaceAll(/\{\w+\}/g, id) ?? ''
    const body = method === 'GET' || method === 'DELETE' ? {} : { body: '{}' }
    const headers = 'body' in body ? json : key
    const { status } = await answerTo(`${program.url}/api/v1${path}`, { method, headers, ...body })
    expect([400, 404], `${name} with ${id}`).toContain(status)
  }
})

test.each(['limit=1&limit=2', 'limit=0', 'limit=501', 'limit=x', 'unknown=1', 'cursor=%00', 'cursor=x', 'cursor=W10'])(
  'a list asked for with ?%s answers with 400 wherever lists take this (SE-17)',
  async (query) => {
    const described = await (await fetch(`${program.url}/api/openapi.json`)).json()
    for (const { path, name } of calls.filter((one) => one.method === 'GET' && takesLimit(described, one.name))) {
      const { status } = await answerTo(`${program.url}${path}?${query}`, { headers: key })
      expect([400, 404], `${name} with ${query}`).toContain(status)
    }
  },
)

test('of a JSON key given twice the last one counts (SE-17)', async () => {
  expect(await patch('{"name":"First","name":"Last"}')).toMatchObject({ status: 200, body: { name: 'Last' } })
})

test('every call answers {}, a list and text in place of its body without failing (SE-18)', async () => {
  for (const { method, path, name } of calls.filter((one) => one.method !== 'GET' && one.name !== 'DELETE /session'))
    for (const body of ['{}', '[]', '"x"', 'null', '{"name":{"$ne":null}}']) {
      const { status } = await fetch(program.url + path, { method, headers: json, body })
      expect(status, `${name} with ${body}`).toBeLessThan(500)
    }
})

test.each([
  '/api/v1/%ff',
  '/api/v1/%',
  '/%zz',
  '/api/v2/account',
  '/api',
  '/assets/../../package.json',
  '/assets/%2e%2e%2f%2e%2e%2fpackage.json',
  '//evil.example/%2e%2e',
])('GET %s finds nothing and redirects nowhere', async (path) => {
  const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
  expect(answer).toMatch(/^HTTP\/1\.1 (400|403|404) /)
})

test.each(['TRACE', 'PROPFIND', 'OPTIONS', 'PUT'])('%s is not something the account can do', async (method) => {
  const answer = await raw(`${method} /api/v1/account HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
  expect(answer).toMatch(/^HTTP\/1\.1 (400|401|404|405) /)
})

/** Sends these bytes and gives all that comes back until the server closes. */
function raw(request: string): Promise<string> {
  const { hostname, port } = new URL(program.url)
  const answer = Promise.withResolvers<string>()
  const socket = connect(Number(port), hostname, () => socket.write(request))
  let text = ''
  socket.setEncoding('utf8')
  socket.on('data', (part: string) => {
    text += part
  })
  socket.on('close', () => answer.resolve(text))
  socket.on('error', (error) => (text ? answer.resolve(text) : answer.reject(error)))
  return answer.promise
}

function takesLimit(described: unknown, name: string): boolean {
  const [, path = ''] = name.split(' ')
  const { paths } = described as { paths: Record<string, { get?: { parameters?: { name: string }[] } }> }
  return paths[`/api/v1${path}`]?.get?.parameters?.some((parameter) => parameter.name === 'limit') ?? false
}
