import { expect, test } from 'vitest'
import { everyCall, OPEN } from '../../test/api-calls.ts'
import { call, startProgram } from '../../test/program.ts'
import { makeApiKey } from '../accounts/api-key.ts'

const program = await startProgram()
const calls = await everyCall(program.url)
const guarded = calls.filter(({ name }) => !OPEN.has(name))
const writing = guarded.filter(({ method }) => method !== 'GET')
const reading = guarded.filter(({ method }) => method === 'GET')
const { cookie } = await program.signIn()
const readKey = await makeApiKey(program.core.db, program.accountId, { name: 'Reader', scope: 'read' }, null)

const statuses = async (asked: typeof calls, headers: Record<string, string>) =>
  Object.fromEntries(
    await Promise.all(
      asked.map(async ({ name, method, path }) => {
        const body = method === 'GET' || method === 'DELETE' ? undefined : {}
        const answer = await call<{ code?: string }>(program.url + path, method, body, headers)
        return [name, `${answer.status} ${answer.body.code ?? ''}`] as const
      }),
    ),
  )
const all = (asked: typeof calls, answer: unknown) => Object.fromEntries(asked.map(({ name }) => [name, answer]))

test('nobody calls the API without a key or session (SE-9)', async () => {
  expect(guarded.length).toBeGreaterThan(50)
  expect(await statuses(guarded, {})).toEqual(all(guarded, '401 request.not_signed_in'))
})

test.each([
  ['empty', 'Bearer'],
  ['unknown', 'Bearer lw_unknown'],
  ['of another kind', 'Basic b3duZXI6eA=='],
  ['very long', `Bearer ${'x'.repeat(5000)}`],
])('a key that is %s opens nothing, even beside a valid session', async (_which, authorization) => {
  const answers = await statuses(guarded, { authorization, cookie, origin: program.url })
  expect(answers).toEqual(all(guarded, '401 request.not_signed_in'))
})

test('a key that may only read changes nothing (SE-9)', async () => {
  const answers = await statuses(writing, { authorization: `Bearer ${readKey.token}` })
  expect(answers).toEqual(all(writing, '403 request.forbidden'))
})

test('a key that may only read may read', async () => {
  const answers = await statuses(
    reading.filter(({ name }) => name !== 'GET /me' && name !== 'GET /opt-outs/export.csv'), // its own right (LW-6)
    { authorization: `Bearer ${readKey.token}` },
  )
  for (const answer of Object.values(answers)) expect(answer).not.toMatch(/^(401|403|5)/)
})

test.each([
  ['no Origin', {}],
  ['another site', { origin: 'https://evil.example' }],
  ['a sandboxed frame', { origin: 'null' }],
  ['another port of this machine', { origin: 'http://127.0.0.1:1' }],
  ['a site that begins with our name', { origin: `${program.url}.evil.example` }],
])('with a session, a change that comes from %s is refused (SE-2)', async (_from, origin) => {
  const answers = await statuses(writing, { cookie, ...origin })
  expect(answers).toEqual(all(writing, '403 request.foreign_origin'))
})

test('with a session, a change from our own pages is taken', async () => {
  const answer = await call(`${program.url}/api/v1/account`, 'PATCH', { name: 'Mine' }, { cookie, origin: program.url })
  expect(answer.status).toBe(200)
})

test('a key needs no Origin, since browsers do not send it by themselves', async () => {
  expect((await program.api('PATCH', '/account', { name: 'Mine' })).status).toBe(200)
})

test.each(['POST /session', 'POST /owner', 'DELETE /session'])(
  '%s from another site is refused (SE-2)',
  async (name) => {
    const asked = calls.filter((one) => one.name === name)
    expect(await statuses(asked, { origin: 'https://evil.example' })).toEqual(all(asked, '403 request.foreign_origin'))
  },
)

test('a form of another site cannot be read as JSON (SE-2)', async () => {
  const response = await fetch(`${program.url}/api/v1/account`, {
    method: 'PATCH',
    headers: { cookie, origin: program.url, 'content-type': 'text/plain' },
    body: '{"name":"Forged"}',
  })
  expect(response.status).toBe(415)
})

test('on https only the origin of BASE_URL may ask for changes, whatever Host says (SE-2, SE-12)', async () => {
  const behindTls = await startProgram({ config: { baseUrl: 'https://mail.sender.example' } })
  const { cookie: theirs, api } = await behindTls.signIn()
  expect((await api('PATCH', '/account', { name: 'Mine' })).status).toBe(200)
  const foreign = await call(
    `${behindTls.url}/api/v1/account`,
    'PATCH',
    { name: 'Forged' },
    { cookie: theirs, origin: behindTls.url },
  )
  expect(foreign.status).toBe(403)
})

test('answers of the API are kept in no cache', async () => {
  expect((await program.api('GET', '/account')).headers.get('cache-control')).toBe('no-store')
})
