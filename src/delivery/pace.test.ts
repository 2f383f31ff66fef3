import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { startProgram } from '../../test/program.ts'
import { insertContacts, insertSendingMailing, statesOf } from '../../test/sending.ts'
import { run, sql } from '../platform/database.ts'
import { EVERYBODY, type Limited, type Pace, pruneRates, takeInPace, takeTurns } from './pace.ts'

const program = await startProgram({ jobs: false, config: { domainLimits: new Map([['post.example', 60]]) } })
const { core, accountId } = program
const { db } = core

const subject = () => randomBytes(6).toString('hex')
const limited = (most: number, seconds: number): Limited => ({
  accountId: EVERYBODY,
  subject: subject(),
  limit: { most, seconds },
})

/** As if so many seconds had gone by since a limit was looked at. */
const pass = (name: string, seconds: number) =>
  run(db, sql`update sending_rates set at = at - make_interval(secs => ${seconds}) where subject = ${name}`)

const EVERYTHING = { inHand: [], part: 0, parts: 1 }
const paceOf = (domains = core.config.domainLimits): Pace => ({
  core: { ...core, config: { ...core.config, domainLimits: domains } },
  slots: new Map(),
})

async function mailingTo(count: number, perHour: number | null) {
  const contacts = await insertContacts(core, accountId, count, `pace-${subject()}-`)
  const mailingId = await insertSendingMailing(core, accountId, contacts)
  return { accountId, mailingId, perHour }
}

test('a sixtieth of a limit may leave at once, the rest evenly', async () => {
  const limit = limited(3600, 3600)
  expect(await takeTurns(db, limit, 1000)).toBe(60)
  expect(await takeTurns(db, limit, 1000)).toBe(0)
  await pass(limit.subject, 10.5)
  expect(await takeTurns(db, limit, 1000)).toBe(10)
  await pass(limit.subject, 36_000)
  expect(await takeTurns(db, limit, 1000)).toBe(60)
})

test('no hour ever gets more than the limit, however the turns are asked for', async () => {
  for (const most of [1, 59, 5000]) {
    const limit = limited(most, 3600)
    let taken = await takeTurns(db, limit, 1_000_000)
    for (let step = 0; step < 360; step += 1) {
      await pass(limit.subject, 9.9) // 360 of them are under an hour, also on a slow machine
      taken += await takeTurns(db, limit, 1_000_000)
    }
    expect(taken).toBeLessThanOrEqual(most)
    expect(taken).toBeGreaterThanOrEqual(Math.floor(most * 0.85))
  }
})

test('turns that were not needed are put back, and never more than there were', async () => {
  const limit = limited(3600, 3600)
  expect(await takeTurns(db, limit, 50)).toBe(50)
  await takeTurns(db, limit, -40)
  expect(await takeTurns(db, limit, 1000)).toBe(50)
  await takeTurns(db, limit, -500)
  expect(await takeTurns(db, limit, 1000)).toBe(60)
})

test('a limit that was not used for days is forgotten, one in use is not', async () => {
  const [old, fresh] = [limited(60, 60), limited(60, 60)]
  for (const limit of [old, fresh]) await takeTurns(db, limit, 1)
  await pass(old.subject, 3 * 86_400)
  await pruneRates(db)
  const { rows: left } = await sql<{ subject: string }>`
    select subject from sending_rates where subject in (${old.subject}, ${fresh.subject})`.execute(db)
  expect(left).toEqual([{ subject: fresh.subject }])
  expect(await takeTurns(db, old, 1)).toBe(1)
})

test('programs that ask at the same moment share one limit', async () => {
  const limit = limited(6000, 3600)
  const given = await Promise.all(Array.from({ length: 20 }, () => takeTurns(db, limit, 30)))
  expect(given.reduce((sum, turns) => sum + turns, 0)).toBeGreaterThanOrEqual(100)
  expect(given.reduce((sum, turns) => sum + turns, 0)).toBeLessThanOrEqual(110) // what came in meanwhile
})

test('of a mailing no more is taken than its rate allows, by all programs together', async () => {
  const mailing = await mailingTo(800, 6000)
  const none = new Map<string, number>()
  const claims = await Promise.all(
    [0, 1, 2, 3].map((part) => takeInPace(paceOf(none), mailing, { inHand: [], part, parts: 4 }, 100)),
  )
  const taken = claims.flatMap((claim) => claim.taken)
  expect(taken.length).toBeGreaterThanOrEqual(100)
  expect(taken.length).toBeLessThanOrEqual(110)
  expect(new Set(taken.map(({ messageId }) => messageId)).size).toBe(taken.length)
  await pass(`mailing ${mailing.mailingId}`, 61)
  expect((await takeInPace(paceOf(none), mailing, EVERYTHING, 500)).taken).toHaveLength(100)
})

test('a mailing that has less than its rate leaves the rest of it for later', async () => {
  const mailing = await mailingTo(5, 6000)
  const none = new Map<string, number>()
  expect((await takeInPace(paceOf(none), mailing, EVERYTHING, 100)).taken).toHaveLength(5)
  expect(
    await takeTurns(
      db,
      { accountId, subject: `mailing ${mailing.mailingId}`, limit: { most: 6000, seconds: 3600 } },
      100,
    ),
  ).toBeGreaterThanOrEqual(95)
})

test('of a limited domain as much is taken as it takes, and the others wait in line, each once', async () => {
  await run(db, sql`delete from sending_rates`)
  const mailing = await mailingTo(20, null)
  const pace = paceOf()
  const first = await takeInPace(pace, mailing, EVERYTHING, 100)
  expect([first.taken.length, first.moved]).toEqual([1, 19])
  expect(await statesOf(core, accountId, mailing.mailingId)).toEqual({ queued: 20 })
  const inHand = first.taken.map(({ messageId }) => messageId)
  expect(await takeInPace(pace, mailing, { ...EVERYTHING, inHand }, 100)).toEqual({ taken: [], moved: 0 }) // nothing is looked at twice
  const { rows: due } = await sql<{ seconds: number }>`
    select round(extract(epoch from due_at - now()))::int as seconds from messages
    where account_id = ${accountId} and mailing_id = ${mailing.mailingId} and due_at > now() order by due_at`.execute(
    db,
  )
  expect(due.map(({ seconds }) => seconds)).toEqual(Array.from({ length: 19 }, (_, index) => index + 1))
})

test('a domain without a limit never waits for one that has one', async () => {
  await run(db, sql`delete from sending_rates`)
  const mailing = await mailingTo(20, null)
  await run(
    db,
    sql`update contacts set address = replace(address, 'post.example', 'letter.example') where account_id = ${accountId}
        and contact_id in (select contact_id from messages where account_id = ${accountId} and mailing_id = ${mailing.mailingId} order by message_id offset 10)`,
  )
  const { taken } = await takeInPace(paceOf(), mailing, EVERYTHING, 100)
  expect(taken.filter(({ address }) => address.endsWith('@letter.example'))).toHaveLength(10)
  expect(taken).toHaveLength(11)
})
