import { pino } from 'pino'
import { expect, test } from 'vitest'
import { call, OWNER, startProgram } from '../../test/program.ts'
import { makeApiKey } from '../accounts/api-key.ts'
import { ownerLink } from '../accounts/owner.ts'
import { signLink } from '../optouts/link.ts'
import { sql } from '../platform/database.ts'

const lines: string[] = []
const log = pino({ level: 'debug', base: null }, { write: (line: string) => void lines.push(line) })
const program = await startProgram({ log })
const logged = () => lines.join('')

const lineOf = async (path: string, init: RequestInit = {}) => {
  lines.length = 0
  await fetch(program.url + path, init).then((response) => response.text())
  await expect.poll(logged).toContain('"status"')
  return logged()
}

test('neither passwords, keys, session tokens nor addresses reach the log (SE-14)', async () => {
  lines.length = 0
  const key = await makeApiKey(program.core.db, program.accountId, { name: 'Shop', scope: 'full' }, null)
  const { cookie } = await program.signIn()
  await call(`${program.url}/api/v1/session`, 'POST', { ...OWNER, password: 'a wrong password' }, {})
  await call(`${program.url}/api/v1/account`, 'GET', undefined, { authorization: `Bearer ${key.token}` })
  await call(`${program.url}/api/v1/account?search=ann@reader.example`, 'GET', undefined, { cookie })
  await call(`${program.url}/ann@reader.example`, 'GET', undefined, {})
  await expect.poll(() => lines.filter((line) => line.includes('"status"')).length).toBe(5)
  for (const secret of [OWNER.password, OWNER.email, 'a wrong password', key.token, cookie.split('=')[1] ?? '', 'ann@'])
    expect(logged()).not.toContain(secret)
})

test.each(['/o/', '/p/'])(
  'a token in %s… shows as a hash, so that the log opens nothing (SE-7, SE-14)',
  async (prefix) => {
    const { token } = signLink(program.core.keys.link, {
      accountId: program.accountId,
      addressKey: Buffer.alloc(16, 7),
      mailingId: null,
    })
    const line = await lineOf(`${prefix}${token}`)
    expect(line).not.toContain(token.slice(0, 20))
    expect(line).toMatch(new RegExp(`"path":"${prefix}#[0-9a-f]{12}"`))
  },
)

test('a failed sign-in, a refused request and a lock-out are security events with their place (SE-14)', async () => {
  lines.length = 0
  const asked = { email: 'guess@sender.example', password: 'three loud herons' }
  for (let failure = 0; failure < 6; failure += 1) await call(`${program.url}/api/v1/session`, 'POST', asked, {})
  await call(`${program.url}/api/v1/account`, 'GET', undefined, { authorization: 'Bearer lw_unknown' })
  await expect.poll(logged).toMatch(/"path":"\/api\/v1\/account","status":401/)
  expect(logged()).toMatch(/"ip":"127.0.0.1".*sign-in failed/)
  expect(logged()).toContain('sign-in refused after too many failures')
})

test('line breaks in a request do not make lines in the log (SE-14)', async () => {
  await lineOf('/api/v1/jobs/1%0A%7B%22level%22%3A60%7D', { headers: { authorization: 'Bearer x\tforged' } })
  for (const line of lines) expect(line.trimEnd()).not.toContain('\n')
  expect(logged()).not.toContain('forged')
})

test('a failure of ours is logged under the number that the caller gets, without the data in it (SE-16)', async () => {
  await sql`alter table accounts add constraint breaks check (name <> 'ann@reader.example')`.execute(
    program.core.asOwner.db,
  )
  lines.length = 0
  const { status, body } = await program.api<{ message: string }>('PATCH', '/account', { name: 'ann@reader.example' })
  const [, incident = 'none'] = /Incident ([\w-]+)\./.exec(body.message) ?? []
  expect(status).toBe(500)
  expect(body.message).not.toContain('breaks')
  expect(logged()).toContain(incident)
  expect(logged()).not.toContain('ann@reader.example')
})

test('the link for the owner is in no log (SE-14)', async () => {
  await sql`truncate users cascade`.execute(program.core.asOwner.db)
  lines.length = 0
  const link = await ownerLink(program.core)
  const token = link?.split('#')[1] ?? 'none'
  await call(`${program.url}/api/v1/owner`, 'POST', { ...OWNER, token, accountName: 'x' }, {})
  await expect.poll(logged).toContain('"path":"/api/v1/owner","status":201')
  expect(logged()).not.toContain(token)
})
