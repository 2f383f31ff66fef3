import { expect, test } from 'vitest'
import { startProgram } from '../../test/program.ts'
import { getAccount } from '../accounts/account.ts'
import { run, sql } from '../platform/database.ts'
import type { SendMailing } from './mailing.contract.ts'
import { readPlan } from './plan.ts'

const { core, accountId } = await startProgram({ jobs: false })
await run(core.db, sql`update accounts set time_zone = 'Europe/Vienna' where account_id = ${accountId}`)
const account = await getAccount(core.db, accountId)
const NOW = new Date('2027-01-10T12:00:00Z')

async function planOf(asked: SendMailing) {
  const { sendAt, ...plan } = await readPlan(core.db, account, asked, NOW)
  return { sendAt: sendAt.toISOString(), ...plan }
}
const startOf = async (at: string, timeZone: string) => (await planOf({ at, timeZone })).sendAt

test('without a time a mailing goes out now, with a moment it goes out then', async () => {
  const plan = { timeZone: 'Europe/Vienna', localTime: null, perHour: null }
  expect(await planOf({})).toEqual({ ...plan, sendAt: NOW.toISOString() })
  const at = '2027-02-01T08:00:00.000Z'
  expect(await planOf({ at, perHour: 500 })).toEqual({ ...plan, sendAt: at, perHour: 500 })
})

test('a time on the clock is taken in the zone that is named, else in that of the account', async () => {
  expect(await startOf('2027-02-01T09:00', 'America/New_York')).toBe('2027-02-01T14:00:00.000Z')
  expect(await planOf({ at: '2027-02-01T09:00' })).toMatchObject({
    sendAt: '2027-02-01T08:00:00.000Z',
    timeZone: 'Europe/Vienna',
  })
  expect((await planOf({ at: '2027-02-01T09:00', timeZone: 'america/new_york' })).timeZone).toBe('America/New_York')
})

test('summer time is known, and a time that the change of clocks skips is as much later', async () => {
  expect(await startOf('2027-03-27T09:00', 'Europe/Berlin')).toBe('2027-03-27T08:00:00.000Z')
  expect(await startOf('2027-03-28T09:00', 'Europe/Berlin')).toBe('2027-03-28T07:00:00.000Z')
  expect(await startOf('2027-03-28T02:30', 'Europe/Berlin')).toBe('2027-03-28T01:30:00.000Z') // 03:30 there
  expect(await startOf('2027-03-14T02:30', 'America/New_York')).toBe('2027-03-14T07:30:00.000Z')
})

test('a time that comes twice is its second time, in every zone', async () => {
  expect(await startOf('2027-10-31T02:30', 'Europe/Berlin')).toBe('2027-10-31T01:30:00.000Z')
  expect(await startOf('2027-11-07T01:30', 'America/New_York')).toBe('2027-11-07T06:30:00.000Z')
})

test("everybody's own time begins when the first clock on earth shows it", async () => {
  expect(await planOf({ at: '2027-02-01T09:00', inRecipientZone: true })).toEqual({
    sendAt: '2027-01-31T19:00:00.000Z',
    timeZone: 'Europe/Vienna',
    localTime: '2027-02-01T09:00:00',
    perHour: null,
  })
  const moment = { at: '2027-02-01T08:00:00Z', timeZone: 'Europe/Berlin', inRecipientZone: true }
  expect((await planOf(moment)).localTime).toBe('2027-02-01T09:00:00')
})

test('a zone that is not known, and an own time without a time, are refused beside their field', async () => {
  for (const timeZone of ['Europe/Fernmoor', 'FOO+3', "'; --"])
    await expect(planOf({ at: '2027-02-01T09:00', timeZone })).rejects.toMatchObject({
      code: 'mailing.invalid',
      fields: [{ path: '/timeZone' }],
    })
  await expect(planOf({ inRecipientZone: true })).rejects.toMatchObject({ fields: [{ path: '/at' }] })
})
