// Hostile and broken input against the running program: a clear 4xx each time, and nothing half-done remains.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AudienceImport } from '../../src/audience/import.contract.ts'
import type { Mailing, MailingCheck } from '../../src/mailings/mailing.contract.ts'
import { startMailServer } from '../smtp.ts'
import {
  API_KEY,
  addGroup,
  contactAt,
  endOfImport,
  endOfMailing,
  importFile,
  postImport,
  sendTo,
  startJourney,
} from './journey.ts'

const MB = 1024 * 1024
const INES = 'ines.halvorsen@post.example'

const mail = await startMailServer()
const journey = await startJourney({ SMTP_URL: `smtp://127.0.0.1:${mail.port}?tls=none` })
const { api, url } = journey
const groupId = await addGroup(journey, 'Friends')
await importFile(journey, `address\n${INES}\n`, { groupIds: [groupId] })
await endOfMailing(journey, await sendTo(journey, groupId, 'The garden opens'))
const token = /\/o\/([\w-]{62})/.exec(mail.messages[0]?.raw.toString('latin1').replaceAll('=\r\n', '') ?? '')?.[1] ?? ''
let before: Awaited<ReturnType<typeof everything>>
let said = 0

beforeEach(async () => {
  before = await everything()
  said = journey.program().output().length
})
afterEach(async () => {
  expect(await everything()).toEqual(before)
  expect(journey.program().output().slice(said)).toBe('')
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
})

/** What there is of everything that bad input could leave behind. */
async function everything() {
  const count = async (path: string, counts: (item: { status?: string }) => boolean = () => true) => {
    const { status, body } = await api<{ items: { status?: string }[] }>('GET', `${path}?limit=500`)
    expect(status).toBe(200)
    return body.items.filter(counts).length
  }
  const uploads = join(journey.dataDir, 'uploads')
  return {
    contacts: await count('/contacts'),
    groups: await count('/groups'),
    fields: await count('/fields').catch(() => 0),
    mailings: await count('/mailings'),
    optOuts: await count('/opt-outs'),
    imports: await count('/imports', ({ status }) => status !== 'cancelled' && status !== 'failed'),
    uploads: existsSync(uploads) ? readdirSync(uploads) : [],
    ines: (await contactAt(journey, INES)).status,
  }
}

const broken = (text: string) => text.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))

test('broken tokens lead to a page for people, and change nothing, on every public path (INV-14)', async () => {
  const tokens = [
    '',
    'x',
    '%zz',
    '%ff',
    '%00',
    '..%2f..%2fetc%2fpasswd',
    'A'.repeat(62),
    broken(token),
    'a'.repeat(1500),
  ]
  tokens.push('%F0%9F%90%A6', `${token}${token}`, `x${token}`, '%3Cscript%3Ealert(1)%3C%2Fscript%3E', "'%20or%201=1--")
  for (const path of ['o', 'p', 'v', 's', 'c', 'i'])
    for (const given of tokens)
      for (const method of ['GET', 'POST']) {
        const answer = await fetch(`${url}/${path}/${given}`, { method, redirect: 'manual' })
        const text = await answer.text()
        if (path === 'i' && method === 'GET' && answer.status === 200)
          expect(answer.headers.get('content-type'), given).toBe('image/gif') // no mail shows a broken image
        else expect([400, 403, 404, 429], `${method} /${path}/${given}`).toContain(answer.status)
        expect(text).not.toContain('<script')
        const isPage = path === 'o' || path === 'p' || (path === 'v' && method === 'GET')
        if (isPage) expect(answer.headers.get('content-type'), `${method} /${path}/${given}`).toContain('text/html')
      }
  expect((await fetch(`${url}/o/${token}`)).status).toBe(200) // whoever failed so often may still opt out
})

test('a link that a mail program has damaged leads to a page for people, not to a bare error', async () => {
  for (const [given, status, words] of [
    ['%zz', 404, 'This link is not complete'],
    [`${token}%`, 200, 'Opt out of all mail from Fernmoor Garden?'],
    [`${token}%20`, 200, 'Opt out of all mail from Fernmoor Garden?'],
    [`${token}%E2%80`, 404, 'This link is not complete'],
  ] as const) {
    const answer = await fetch(`${url}/o/${given}`)
    expect([answer.status, await answer.text()], given).toEqual([status, expect.stringContaining(words)])
  }
})

test.for(['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND'])(
  '%s on the one-click address has no effect, whatever its body says (OC-12)',
  async (method) => {
    const body = 'List-Unsubscribe=One-Click'
    const head = `${method} /o/${token}?${body} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded`
    const answer = await raw(`${head}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`)
    expect(answer).toMatch(/^HTTP\/1\.1 (200|204|400|404|405) /)
  },
)

test.for<[string, string, string]>([
  ['POST', `/o/${token}`, 'application/x-www-form-urlencoded'],
  ['POST', `/p/${token}`, 'text/plain'],
  ['POST', '/o', 'application/x-www-form-urlencoded'],
  ['POST', '/api/v1/session', 'application/json'],
  ['PATCH', '/api/v1/account', 'application/json'],
  ['POST', '/api/v1/contacts', 'application/json'],
  ['POST', '/api/v1/opt-outs', 'application/json'],
  ['POST', '/api/v1/mailings', 'application/json'],
])('%s %s with 100 MB is cut off with 413, soon and without filling the memory', async ([method, path, type]) => {
  const peak = peakOfMemory()
  for (const chunked of [true, false]) {
    const began = performance.now()
    expect((await flood(method, path, { 'content-type': type }, chunked)).status).toBe(413)
    expect(performance.now() - began).toBeLessThan(5000)
  }
  expect(peak()).toBeLessThan(120 * MB)
})

test('100 MB from somebody who is not signed in are refused and not kept', async () => {
  const peak = peakOfMemory()
  expect((await flood('POST', '/api/v1/imports', { authorization: 'Bearer lw_nobody' }, true)).status).toBe(401)
  expect(peak()).toBeLessThan(120 * MB)
})

test('a file that is one line of 100 MB is refused, and passes through without filling the memory', async () => {
  const peak = peakOfMemory()
  const head = `--x\r\nContent-Disposition: form-data; name="file"; filename="people.csv"\r\n\r\n`
  const type = { 'content-type': 'multipart/form-data; boundary=x' }
  const { status, text } = await flood('POST', '/api/v1/imports', type, true, { head, tail: '\r\n--x--\r\n' })
  expect([status, JSON.parse(text)]).toMatchObject([400, { code: 'import.unreadable' }])
  expect(peak()).toBeLessThan(150 * MB)
})

test.for(['/contacts', '/groups', '/opt-outs', '/mailings', '/imports', `/groups/${groupId}/status`])(
  'POST %s takes no other content type than its own',
  async (path) => {
    const bodies = [
      '{"name":"x","address":"x@post.example","addresses":["x@post.example"],"status":"opt_out"}',
      'name=x',
    ]
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'text/csv', 'application/xml', 'x', ''])
      for (const body of bodies) {
        const headers = { authorization: `Bearer ${API_KEY}`, ...(type && { 'content-type': type }) }
        const answer = await fetch(`${url}/api/v1${path}`, { method: 'POST', headers, body: Buffer.from(body) })
        expect([400, 406, 415], `${path} as ${type}: ${await answer.text()}`).toContain(answer.status)
      }
  },
)

const CONTROLS = [
  '\0',
  '\r\nBcc: x@post.example',
  '\n',
  '\t',
  '\u001b[2J',
  '\u0085',
  '\u202e',
  '\u2066',
  '\ud800',
  '\u007f',
]

test('control characters in names and subjects are refused (SE-5, MF-4)', async () => {
  for (const control of CONTROLS) {
    const name = `Garden${control}news`
    const attempts: [string, string, Record<string, unknown>][] = [
      ['POST', '/groups', { name }],
      ['PATCH', `/groups/${groupId}`, { name }],
      ['POST', '/fields', { label: name }],
      ['POST', '/mailings', { name }],
      ['POST', '/mailings', { name: 'x', subject: name }],
      ['POST', '/mailings', { name: 'x', fromName: name }],
      ['POST', '/mailings', { name: 'x', fromAddress: `news${control}@fernmoor.example` }],
      ['PATCH', '/account', { senderName: name }],
      ['PATCH', '/account', { name }],
      ['PATCH', '/account', { postalAddress: name }],
      ['POST', '/contacts', { address: `an${control}n@post.example` }],
      ['POST', '/contacts', { address: 'ann@post.example', fields: { [name]: 'x' } }],
    ]
    for (const [method, path, body] of attempts) {
      const { status } = await api(method, path, body)
      expect(status, `${method} ${path} ${JSON.stringify(body)}`).toBe(400)
    }
  }
})

test('control characters in the options of an import are refused, those in its file name removed (SE-5)', async () => {
  for (const control of CONTROLS) {
    const options = { newGroups: [`Garden${control}news`] }
    expect((await postImport(journey, 'address\nann@post.example\n', options)).status).toBe(400)
    const mapping = { address: 'address', town: `new:To${control}wn` }
    expect((await postImport(journey, 'address,town\nann@post.example,Kiel\n', { mapping })).status).toBe(400)
  }
  for (const [given, shown] of [
    ['../../../etc/passwd', 'passwd'],
    ['C:\\people\\list.csv', 'list.csv'],
    ['peo\u202eple.csv', 'people.csv'],
    ['a\u0085b\u001b.csv', 'ab.csv'],
    ['', 'import.csv'],
    ['x'.repeat(5000), 'x'.repeat(255)],
  ] as const) {
    const form = new FormData()
    form.set('file', new Blob(['address\nann@post.example\n']), given)
    const { status, body } = await api<AudienceImport>('POST', '/imports/uploads', form)
    expect([status, body.fileName]).toEqual([201, shown])
    expect((await api('POST', `/imports/${body.id}/cancel`)).status).toBe(200)
  }
})

const noise = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 7919 + (index >> 3)) % 256))

test.for<[string, string | Buffer<ArrayBuffer>]>([
  ['10,000 columns', `${Array.from({ length: 10_000 }, (_, index) => `c${index}`).join(',')}\n${','.repeat(9_999)}\n`],
  ['one cell of 50 MB', `address,note\nann@post.example,${'x'.repeat(50 * MB)}\n`],
  ['one quoted cell of 50 MB', `address,note\nann@post.example,"${'x\n'.repeat(25 * MB)}"\n`],
  ['a quotation mark that is never closed', `address,note\nann@post.example,"${'x'.repeat(1000)}`],
  ['a picture', Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1'), noise])],
  ['a workbook', Buffer.concat([Buffer.from('PK\x03\x04\x14\0\x06\0', 'latin1'), noise])],
  ['NULs alone', Buffer.alloc(100_000)],
  ['nothing', ''],
  ['a byte order mark alone', '\ufeff'],
  ['empty lines', '\r\n\r\n\n\n'],
  ['a header alone', 'address;first name\r\n'],
  ['no column with addresses', 'name,town\nAnn,Kiel\n'],
])('a file with %s is refused, with a reason', async ([, file]) => {
  const peak = peakOfMemory()
  const { status, body } = await postImport(journey, file, { newGroups: ['Never made'] })
  expect([status, body]).toMatchObject([400, { code: expect.stringMatching(/^import\./), message: /\w{3}.*\./s }])
  expect(peak()).toBeLessThan(250 * MB)
})

test('a cell of 50 MB behind good rows fails the import, and none of them is kept (IM-13)', async () => {
  const good = Array.from({ length: 60_000 }, (_, index) => `reader${index}@post.example,Kiel\n`).join('')
  const file = `address,town\n${good}late@post.example,"${'x'.repeat(50 * MB)}"\n`
  const started = await postImport(journey, file, { newGroups: ['Never made'], mapping: { town: 'new:Town' } })
  expect(started.status).toBe(202)
  const failed = await endOfImport(journey, started.body.id)
  expect(failed).toMatchObject({ status: 'failed', problem: { code: 'import.unreadable', message: /60,?002/ } })
  expect(Object.values(failed.counts).every((count) => count === 0)).toBe(true)
})

const part = (name: string, body: string, more = '') =>
  `--x\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${body}\r\n`
const file = part('file', 'address\nann@post.example\n', '; filename="people.csv"')

test.for<[string, string]>([
  ['no parts', '--x--\r\n'],
  ['no file', `${part('options', '{}')}--x--\r\n`],
  ['two files', `${file}${file}--x--\r\n`],
  ['an unknown part', `${file}${part('status', 'active')}--x--\r\n`],
  ['options that are no JSON', `${file}${part('options', '{')}--x--\r\n`],
  ['an unknown option', `${file}${part('options', '{"force":true}')}--x--\r\n`],
  ['an unknown group', `${file}${part('options', '{"groupIds":["999"]}')}--x--\r\n`],
  ['a field that does not exist', `${file}${part('options', '{"mapping":{"address":"__proto__"}}')}--x--\r\n`],
  ['an end that is missing', file],
  ['another boundary', file.replaceAll('--x', '--y')],
  ['no multipart at all', 'address\nann@post.example\n'],
])('an upload with %s is refused', async ([, body]) => {
  const headers = { authorization: `Bearer ${API_KEY}`, 'content-type': 'multipart/form-data; boundary=x' }
  const answer = await fetch(`${url}/api/v1/imports`, { method: 'POST', headers, body })
  expect([400, 404, 413], await answer.text()).toContain(answer.status)
})

test('an upload that breaks off leaves nothing', async () => {
  const { port } = new URL(url)
  const socket = connect(Number(port), '127.0.0.1')
  const headers = `Host: x\r\nAuthorization: Bearer ${API_KEY}\r\nContent-Type: multipart/form-data; boundary=x`
  socket.write(`POST /api/v1/imports HTTP/1.1\r\n${headers}\r\nContent-Length: 1000000\r\n\r\n${file}`.slice(0, -10))
  const uploads = () =>
    existsSync(join(journey.dataDir, 'uploads')) ? readdirSync(join(journey.dataDir, 'uploads')) : []
  await expect.poll(uploads, { timeout: 10_000 }).toHaveLength(1)
  socket.destroy()
  await expect.poll(uploads, { timeout: 10_000 }).toEqual([])
})

test('a mailing with 1.9 MB of HTML is taken and checked', async () => {
  const html = `<p>${'The garden opens. '.repeat(105_000)}</p>`
  const made = await api<Mailing>('POST', '/mailings', { name: 'Large', subject: 'Large', html, groupIds: [groupId] })
  expect([made.status, made.body.html?.length]).toEqual([201, html.length])
  const changed = await api<Mailing>('PATCH', `/mailings/${made.body.id}`, { html: html.replace('opens', 'closes') })
  expect(changed.status).toBe(200)
  const check = await api<MailingCheck>('POST', `/mailings/${made.body.id}/check`)
  expect(check.status).toBe(200)
  expect(check.body.findings).toContainEqual(expect.objectContaining({ check: 'size' }))
  expect((await api('POST', '/mailings', { name: 'Larger', html: html + html })).status).toBe(400)
  expect((await api('DELETE', `/mailings/${made.body.id}`)).status).toBe(204)
})

test('10,000 addresses of 300 characters are read and named as what they are', async () => {
  const addresses = Array.from({ length: 10_000 }, (_, index) => `${`n${index}`.padEnd(287, 'x')}@post.example`)
  const { status, body } = await api<{ optedOut: number; invalid: string[] }>('POST', '/opt-outs', { addresses })
  expect([status, body.optedOut, body.invalid.length]).toEqual([200, 0, 10_000])
  expect((await api('POST', '/opt-outs', { addresses: [...addresses, 'one.more@post.example'] })).status).toBe(400)
})

/** Sends these bytes and gives all that comes back until the server closes. */
function raw(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(bytes))
    let text = ''
    socket.on('data', (piece) => (text += piece.toString()))
    socket.on('close', () => resolve(text))
    socket.on('error', (error) => (text ? resolve(text) : reject(error)))
  })
}

type Around = { head?: string; tail?: string }

/** Sends 100 MB until the server has had enough: what it answered and how much had been sent by then. */
function flood(
  method: string,
  path: string,
  headers: Record<string, string>,
  isChunked: boolean,
  { head = '', tail = '' }: Around = {},
): Promise<{ status: number; text: string }> {
  const total = 100 * MB
  let sent = 0
  function* pieces() {
    yield Buffer.from(head)
    for (; sent < total; sent += MB / 16) yield Buffer.alloc(MB / 16, 'x')
    yield Buffer.from(tail)
  }
  return new Promise((resolve, reject) => {
    const length = isChunked ? {} : { 'content-length': String(total) }
    const request = httpRequest(url + path, {
      method,
      headers: { authorization: `Bearer ${API_KEY}`, ...headers, ...length },
    })
    let status = 0
    request.on('response', (response) => {
      status = response.statusCode ?? 0
      let text = ''
      response.on('data', (piece) => (text += String(piece)))
      response.on('close', () => {
        request.destroy()
        resolve({ status, text })
      })
    })
    request.on('error', (error) => status === 0 && reject(error)) // it may close while we still write
    Readable.from(pieces())
      .on('error', () => {})
      .pipe(request)
  })
}

/** Starts watching the program's memory: how much more than now it needed at most, in bytes. */
function peakOfMemory(): () => number {
  const { pid } = journey.program()
  const kilobytes = (name: string) =>
    Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  writeFileSync(`/proc/${pid}/clear_refs`, '5') // forgets the peak so far
  const now = kilobytes('VmRSS')
  return () => (kilobytes('VmHWM') - now) * 1024
}
