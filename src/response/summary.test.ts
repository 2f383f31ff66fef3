import { expect, test } from 'vitest'
import { startMailings } from '../../test/mailings.ts'
import { optOut } from '../optouts/optout.ts'
import { run, sql } from '../platform/database.ts'
import type { MailingResponse } from './summary.contract.ts'

const { accountId, api, db, draft, groupOf, keyOf, name, program, send, started } = await startMailings()

async function sent(people: string[]) {
  const { id } = await draft({
    groupIds: [await groupOf(people)],
    tracking: true,
    html: '<p><a href="https://fernmoor.example/bulbs">Bulbs</a></p>',
  })
  await send(id)
  await started(id)
  return id
}
const responseOf = (id: string) => api<MailingResponse>('GET', `/mailings/${id}/response`)

test('nobody counts as both a bounce and an opt-out: the opt-out wins', async () => {
  const id = await sent(['ann', 'bob', 'cem'])
  await run(db, sql`update messages set state = 'bounced' where account_id = ${accountId} and mailing_id = ${id}`)
  await optOut(db, accountId, [keyOf(name('ann'))], { source: 'complaint', mailingId: id })
  await optOut(db, accountId, [keyOf(name('bob'))], { source: 'one_click', mailingId: id })
  const { status, body } = await responseOf(id)
  expect(status).toBe(200)
  expect(body).toMatchObject({ recipients: 3, accepted: 0, bounced: 1, optedOut: 2, complained: 1 })
  expect(body.optOutsBySource).toEqual([
    { source: 'complaint', people: 1 },
    { source: 'one_click', people: 1 },
  ])
})

test('people and machines stand apart, links by people, and each hour as it came', async () => {
  const id = await sent(['ann'])
  for (const [hour, opened, machines] of [
    ['2026-05-01T08:00:00Z', 3, 2],
    ['2026-05-01T09:00:00Z', 4, 5],
  ])
    await run(
      db,
      sql`
      insert into response_hours (account_id, mailing_id, hour, opened, opens, machine_opens)
      values (${accountId}, ${id}, ${hour}, ${opened}, ${opened}, ${machines})`,
    )
  const { body } = await responseOf(id)
  expect(body).toMatchObject({ opened: 7, machineOpens: 7, clicked: 0, machineClicks: 0 })
  expect(body.hours.map(({ hour, opened }) => [hour, opened])).toEqual([
    ['2026-05-01T08:00:00.000Z', 3],
    ['2026-05-01T09:00:00.000Z', 4],
  ])
  expect(body.links).toEqual([
    { number: 1, url: 'https://fernmoor.example/bulbs', people: 0, clicks: 0, machineClicks: 0 },
  ])
})

test('the response of another account is not there', async () => {
  const id = await sent(['ann'])
  const other = await program.anotherAccount()
  expect((await program.api('GET', `/mailings/${id}/response`, undefined, other.apiKey)).status).toBe(404)
})
