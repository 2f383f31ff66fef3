import { expect, test } from 'vitest'
import { startMailings } from '../../test/mailings.ts'
import { rows, run, sql } from '../platform/database.ts'
import type { JobContext } from '../platform/jobs.ts'
import type { Mailing } from './mailing.contract.ts'
import { startMailing } from './schedule.ts'

const { accountId, addTo, api, db, draft, get, groupOf, send } = await startMailings()

/** A group of people, each of whom lives in a time zone or has none. */
async function groupIn(zones: Record<string, string | null>) {
  const group = await groupOf([])
  for (const [who, zone] of Object.entries(zones)) {
    const contactId = await addTo(group, who)
    await run(
      db,
      sql`update contacts set fields = jsonb_strip_nulls(jsonb_build_object('time_zone', ${zone}::text))
          where account_id = ${accountId} and contact_id = ${contactId}`,
    )
  }
  return group
}

async function startAt(group: string, at: string, timeZone: string) {
  const { id } = await draft({ groupIds: [group] })
  const sent = await send(id, { at, timeZone, inRecipientZone: true })
  expect(sent).toMatchObject({ status: 200, body: { status: 'scheduled', timeZone, localTime: `${at}:00` } })
  const job: JobContext = {
    db,
    accountId,
    jobId: '0',
    payload: { mailingId: id },
    progress: async () => {},
    isCancelAsked: async () => false,
  }
  await startMailing(job) // as when its time has come
  const due = await rows(
    db,
    sql<{ address: string; due_at: Date }>`
    select contact.address, message.due_at from messages message join contacts contact using (account_id, contact_id)
    where account_id = ${accountId} and mailing_id = ${id}`,
  )
  const dueOf = Object.fromEntries(
    due.map(({ address, due_at }) => [address.replace(/\d+@.*/, ''), due_at.toISOString()]),
  )
  return { id, dueOf, sendAt: sent.body.sendAt }
}

test('everybody gets it when their own clock shows the time, on one side of a change of clocks and on the other', async () => {
  const group = await groupIn({
    berlin: 'Europe/Berlin',
    york: 'America/New_York',
    kiribati: 'Pacific/Kiritimati',
    india: 'asia/kolkata',
    nowhere: null,
    odd: 'The moon',
  })
  const { dueOf, sendAt } = await startAt(group, '2027-03-28T09:00', 'Europe/London')
  expect(dueOf).toEqual({
    berlin: '2027-03-28T07:00:00.000Z', // summer time since 01:00Z
    york: '2027-03-28T13:00:00.000Z',
    kiribati: '2027-03-27T19:00:00.000Z',
    india: '2027-03-28T03:30:00.000Z',
    nowhere: '2027-03-28T08:00:00.000Z',
    odd: '2027-03-28T08:00:00.000Z',
  })
  expect(sendAt).toBe(dueOf['kiribati']) // the first of them all
})

test('before it is sent, it can be asked how many have no time zone', async () => {
  const { id } = await draft({ groupIds: [await groupIn({ ann: 'Europe/Berlin', bob: null, cem: null })] })
  expect(await api('GET', `/mailings/${id}/time-zones`)).toMatchObject({ status: 200, body: { recipientsWithout: 2 } })
})

test('an own time that the change of clocks skips is as much later', async () => {
  const group = await groupIn({ berlin: 'Europe/Berlin', york: 'America/New_York' })
  const { dueOf } = await startAt(group, '2027-03-28T02:30', 'UTC')
  expect(dueOf).toEqual({ berlin: '2027-03-28T01:30:00.000Z', york: '2027-03-28T06:30:00.000Z' })
})

test('while everybody waits for their own time, the mailing says who is next, where, and nobody is claimed before', async () => {
  const group = await groupIn({
    ann: 'Europe/Berlin',
    bob: 'Europe/Berlin',
    cem: 'Europe/Paris',
    dora: 'America/New_York',
  })
  const { id } = await startAt(group, '2027-03-28T09:00', 'UTC')
  expect(await get(id)).toMatchObject({
    status: 'sending',
    counts: { recipients: 4, queued: 4 },
    progress: {
      perMinute: 0,
      secondsLeft: null,
      next: { at: '2027-03-28T07:00:00.000Z', timeZone: 'Europe/Berlin', recipients: 3 },
    },
  })
  expect((await api<Mailing>('POST', `/mailings/${id}/pause`)).body).toMatchObject({ status: 'paused', progress: null })
})

test('an own time without a time, and a time on no calendar, are refused', async () => {
  const { id } = await draft({ groupIds: [await groupOf(['ann'])] })
  expect(await send(id, { inRecipientZone: true })).toMatchObject({ status: 400, body: { code: 'mailing.invalid' } })
  for (const at of ['2027-02-30T09:00', 'tomorrow', '09:00', '2027-03-28T09:00+01:00'])
    expect(await send(id, { at })).toMatchObject({ status: 400 })
  expect((await get(id)).status).toBe('draft')
})

test('progress tells the rate of the last minute and what is left, no sooner than the limit allows', async () => {
  const { id } = await draft({ groupIds: [await groupOf(['ann', 'bob', 'cem', 'dora'])] })
  await send(id, { perHour: 60 })
  await expect.poll(async () => (await get(id)).startedAt).not.toBeNull()
  await run(
    db,
    sql`update mailings set watched_from = now() - interval '30 seconds' where account_id = ${accountId} and mailing_id = ${id}`,
  )
  expect((await get(id)).progress).toEqual({ perMinute: 0, secondsLeft: null, next: null })
  await run(
    db,
    sql`update messages set state = 'accepted', answered_at = now() - interval '5 seconds'
        where account_id = ${accountId} and message_id in (
          select message_id from messages where account_id = ${accountId} and mailing_id = ${id} limit 2)`,
  )
  const { progress, perHour } = await get(id)
  expect(perHour).toBe(60)
  expect(progress?.perMinute).toBe(1) // not the 4 that two messages in 30 seconds would make
  expect(progress?.secondsLeft).toBe(120)
})
