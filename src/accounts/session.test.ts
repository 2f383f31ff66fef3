import { expect, test } from 'vitest'
import { startProgram } from '../../test/program.ts'
import { sql } from '../platform/database.ts'
import { beginSession, callerOfSession, endSession, sessionCookieName } from './session.ts'

const program = await startProgram()
const { db } = program.core
const HOUR_MS = 60 * 60 * 1000
const noon = new Date('2026-03-01T12:00:00Z')
const after = (hours: number) => new Date(noon.getTime() + hours * HOUR_MS)
const begin = () => beginSession(db, program.userId, noon)

test('a session says who is signed in and for which account', async () => {
  const caller = await callerOfSession(db, await begin(), noon)
  expect(caller).toEqual({ accountId: program.accountId, userId: program.userId, apiKeyId: null, scope: 'full' })
})

test('every session has a token of its own with 256 random bits, of which only a hash is kept (SE-1)', async () => {
  const [one, two] = [await begin(), await begin()]
  expect(one).toMatch(/^[A-Za-z0-9_-]{43}$/)
  expect(one).not.toBe(two)
  const stored = await sql<{ all: string }>`select string_agg(session::text, ' ') as all from sessions session`.execute(
    db,
  )
  expect(stored.rows[0]?.all).not.toContain(one)
})

test('a session ends after twelve hours without a request (SE-1)', async () => {
  const token = await begin()
  expect(await callerOfSession(db, token, after(11.9))).not.toBe(null)
  expect(await callerOfSession(db, token, after(23.8))).not.toBe(null)
  expect(await callerOfSession(db, token, after(35.9))).toBe(null)
})

test('a session ends after seven days, however busy it is (SE-1)', async () => {
  const token = await begin()
  for (let hours = 10; hours < 7 * 24; hours += 10)
    expect(await callerOfSession(db, token, after(hours))).not.toBe(null)
  expect(await callerOfSession(db, token, after(7 * 24))).toBe(null)
})

test('signing out ends the session at once (SE-1)', async () => {
  const token = await begin()
  await endSession(db, token, noon)
  expect(await callerOfSession(db, token, noon)).toBe(null)
})

test('disabling a person ends their sessions (SE-1)', async () => {
  const token = await begin()
  await sql`update users set disabled_at = now() where user_id = ${program.userId}`.execute(db)
  expect(await callerOfSession(db, token, noon)).toBe(null)
  await sql`update users set disabled_at = null where user_id = ${program.userId}`.execute(db)
})

test('a token that is not ours opens nothing', async () => {
  expect(await callerOfSession(db, 'x'.repeat(43), noon)).toBe(null)
})

test('the cookie is bound to the host on https; http on this machine cannot have that (SE-1)', () => {
  expect(sessionCookieName({ baseUrl: 'https://mail.sender.example' })).toBe('__Host-lw_session')
  expect(sessionCookieName({ baseUrl: 'http://localhost:8080' })).toBe('lw_session')
})
