import { beforeEach, expect, test } from 'vitest'
import { OWNER, startProgram } from '../../test/program.ts'
import { sql } from '../platform/database.ts'
import { callerOfSession } from './session.ts'
import { MOST_FAILURES, placeOf, signIn } from './sign-in.ts'

const noon = new Date('2026-03-01T12:00:00Z')
let now = noon
const program = await startProgram({ clock: () => now })
const { core } = program
const HERE = '192.0.2.1'
const wrong = { ...OWNER, password: 'three loud herons' }

const codeOf = (attempt: Promise<unknown>) =>
  attempt.then(
    () => 'signed in',
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
  )

beforeEach(async () => {
  now = noon
  await sql`delete from sign_in_failures`.execute(core.db)
})

test('the right password begins a session', async () => {
  const token = await signIn(core, { ...OWNER, email: ' Owner@Sender.example ' }, HERE)
  expect((await callerOfSession(core.db, token, now))?.userId).toBe(program.userId)
})

test('a wrong password and an unknown address get the same answer (SE-10)', async () => {
  const answers = await Promise.all(
    [wrong, { ...OWNER, email: 'nobody@sender.example' }].map((asked) => signIn(core, asked, HERE).catch(String)),
  )
  expect(answers[0]).toBe(answers[1])
  expect(answers[0]).toContain('The email address or the password is wrong.')
})

test('an unknown address takes as long as a wrong password (SE-10)', async () => {
  async function fastest(email: string) {
    const times: number[] = []
    for (let round = 0; round < 4; round += 1) {
      const begun = performance.now()
      await codeOf(signIn(core, { email, password: wrong.password }, `198.51.100.${round}`))
      times.push(performance.now() - begun)
    }
    return Math.min(...times)
  }
  const known = await fastest(OWNER.email)
  expect(await fastest('nobody@sender.example')).toBeGreaterThan(known / 2)
})

test('after five failures at one address from one place even the right password waits, for 15 minutes (SE-10)', async () => {
  for (let failure = 0; failure < MOST_FAILURES.addressAndPlace; failure += 1)
    expect(await codeOf(signIn(core, wrong, HERE))).toBe('session.wrong_credentials')
  now = new Date(noon.getTime() + 5 * 60_000)
  const refused = await signIn(core, OWNER, HERE).catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: 'session.too_many_attempts', fields: { retryAfterSeconds: 600 } })
  now = new Date(noon.getTime() + 15 * 60_000 + 1)
  expect(await codeOf(signIn(core, OWNER, HERE))).toBe('signed in')
})

test('a stranger who guesses from elsewhere does not lock the owner out', async () => {
  for (let failure = 0; failure < 10; failure += 1) await codeOf(signIn(core, wrong, '203.0.113.9'))
  expect(await codeOf(signIn(core, OWNER, HERE))).toBe('signed in')
})

test('guessing at many addresses from one place stops after 20 failures', async () => {
  await guess(MOST_FAILURES.place, (round) => [`person${round}@sender.example`, HERE])
  expect(await codeOf(signIn(core, { ...OWNER, email: 'fresh@sender.example' }, HERE))).toBe(
    'session.too_many_attempts',
  )
})

test('guessing at one address from many places stops after 50 failures', async () => {
  await guess(MOST_FAILURES.address, (round) => [OWNER.email, `198.51.100.${round}`])
  expect(await codeOf(signIn(core, OWNER, HERE))).toBe('session.too_many_attempts')
})

test('attempts at the same moment are counted too', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => codeOf(signIn(core, wrong, HERE))))
  expect(answers.filter((code) => code === 'session.wrong_credentials').length).toBeLessThanOrEqual(5)
})

test('signing in clears the failures of this address and place', async () => {
  for (let failure = 0; failure < 4; failure += 1) await codeOf(signIn(core, wrong, HERE))
  await signIn(core, OWNER, HERE)
  for (let failure = 0; failure < 5; failure += 1)
    expect(await codeOf(signIn(core, wrong, HERE))).toBe('session.wrong_credentials')
})

test('a disabled person cannot sign in', async () => {
  await sql`update users set disabled_at = now()`.execute(core.db)
  expect(await codeOf(signIn(core, OWNER, HERE))).toBe('session.wrong_credentials')
  await sql`update users set disabled_at = null`.execute(core.db)
})

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8::6', '2001:db8:0:0'],
  ['2001:0DB8:0001:0002::', '2001:db8:1:2'],
  ['::1', '0:0:0:0'],
])('%s counts as the place %s', (ip, place) => {
  expect(placeOf(ip)).toBe(place)
})

async function guess(times: number, at: (round: number) => [email: string, ip: string]) {
  for (let round = 0; round < times; round += 10)
    await Promise.all(
      Array.from({ length: 10 }, (_value, index) => {
        const [email, ip] = at(round + index)
        return codeOf(signIn(core, { email, password: wrong.password }, ip))
      }),
    )
}
