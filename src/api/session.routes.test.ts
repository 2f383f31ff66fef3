import { expect, test } from 'vitest'
import { call, OWNER, startProgram } from '../../test/program.ts'
import type { Me } from '../accounts/session.contract.ts'
import { beginSession } from '../accounts/session.ts'

const program = await startProgram()
const behindTls = await startProgram({ config: { baseUrl: 'https://mail.sender.example' } })
const v1 = (path: string) => `${program.url}/api/v1${path}`
const setCookie = (headers: Headers) => headers.getSetCookie()[0] ?? ''

test('signing in answers with the person and the account, and sets the session cookie', async () => {
  const answer = await call<Me>(v1('/session'), 'POST', OWNER, {})
  expect(answer).toMatchObject({
    status: 201,
    body: {
      user: { id: program.userId, email: OWNER.email },
      account: { id: program.accountId, name: 'Quiet Herons' },
      builtInMailbox: true,
    },
  })
  expect(setCookie(answer.headers)).toMatch(/^lw_session=[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/)
})

test('on https the cookie is __Host-, Secure, HttpOnly and SameSite=Lax (SE-1)', async () => {
  const { headers } = await call(`${behindTls.url}/api/v1/session`, 'POST', OWNER, {})
  expect(setCookie(headers)).toMatch(
    /^__Host-lw_session=[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  )
})

test('the session of a browser says who is signed in', async () => {
  const { api } = await program.signIn()
  expect(await api('GET', '/me')).toMatchObject({ status: 200, body: { user: { email: OWNER.email } } })
})

test('signing in again ends the former session (SE-1)', async () => {
  const former = await program.signIn()
  await call(v1('/session'), 'POST', OWNER, { cookie: former.cookie, origin: program.url })
  expect((await former.api('GET', '/me')).status).toBe(401)
})

test('a session that somebody planted is not taken over by signing in (SE-1)', async () => {
  const planted = 'x'.repeat(43)
  const { headers } = await call(v1('/session'), 'POST', OWNER, {
    cookie: `lw_session=${planted}`,
    origin: program.url,
  })
  expect(setCookie(headers)).not.toContain(planted)
  expect((await call(v1('/me'), 'GET', undefined, { cookie: `lw_session=${planted}` })).status).toBe(401)
})

test('signing out ends the session and clears the cookie (SE-1)', async () => {
  const { api } = await program.signIn()
  const out = await api('DELETE', '/session')
  expect([out.status, setCookie(out.headers)]).toEqual([
    204,
    expect.stringMatching(/^lw_session=; .*Expires=Thu, 01 Jan 1970/),
  ])
  expect((await api('GET', '/me')).status).toBe(401)
  expect((await api('DELETE', '/session')).status).toBe(204)
})

test('wrong credentials are answered with 401 and say no more', async () => {
  const answer = await call(v1('/session'), 'POST', { ...OWNER, email: 'nobody@sender.example' }, {})
  expect(answer).toMatchObject({ status: 401, body: { code: 'session.wrong_credentials' } })
  expect(answer.headers.getSetCookie()).toEqual([])
})

test('too many failures are answered with 429 and when to try again', async () => {
  const asked = { email: 'locked@sender.example', password: 'three loud herons' }
  for (let failure = 0; failure < 5; failure += 1) await call(v1('/session'), 'POST', asked, {})
  const { status, headers } = await call(v1('/session'), 'POST', asked, {})
  expect([status, Number(headers.get('retry-after')) > 890]).toEqual([429, true])
})

test('a forwarded address counts only from a trusted proxy (SE-12)', async () => {
  const asked = { email: 'forwarded@sender.example', password: 'three loud herons' }
  const tryAs = (round: number) => call(v1('/session'), 'POST', asked, { 'x-forwarded-for': `198.51.100.${round}` })
  for (let failure = 0; failure < 5; failure += 1) await tryAs(failure)
  expect((await tryAs(99)).status).toBe(429)
})

test('behind a trusted proxy the forwarded address counts (SE-12)', async () => {
  const proxied = await startProgram({ config: { trustProxy: '127.0.0.1' } })
  const asked = { email: 'forwarded@sender.example', password: 'three loud herons' }
  const tryAs = (round: number) =>
    call(`${proxied.url}/api/v1/session`, 'POST', asked, { 'x-forwarded-for': `198.51.100.${round}` })
  for (let failure = 0; failure < 5; failure += 1) await tryAs(failure)
  expect((await tryAs(99)).status).toBe(401)
})

test('anybody can ask whether the owner is missing', async () => {
  expect(await call(v1('/setup'), 'GET', undefined, {})).toMatchObject({ status: 200, body: { ownerNeeded: false } })
})

test('the owner link cannot be used when there is an owner', async () => {
  const asked = { ...OWNER, token: 'x'.repeat(43), accountName: 'Mine now' }
  expect(await call(v1('/owner'), 'POST', asked, {})).toMatchObject({ status: 409, body: { code: 'owner.link_used' } })
})

test('an API key has no person', async () => {
  expect(await program.api('GET', '/me')).toMatchObject({ status: 403, body: { code: 'request.forbidden' } })
})

test('a session that ended since is answered with 401', async () => {
  const token = await beginSession(program.core.db, program.userId, new Date('2020-01-01T00:00:00Z'))
  expect((await call(v1('/me'), 'GET', undefined, { cookie: `lw_session=${token}` })).status).toBe(401)
})
