import { expect, test } from 'vitest'
import { startMailings } from '../../test/mailings.ts'
import { optOut } from '../optouts/optout.ts'
import { row, rows, run, sql } from '../platform/database.ts'
import type { JobContext } from '../platform/jobs.ts'
import { freezeAudience } from './audience.ts'
import type { Mailing } from './mailing.contract.ts'
import { startMailing } from './schedule.ts'

const { accountId, addTo, api, core, db, draft, get, groupOf, keyOf, messagesOf, name, send, started, until } =
  await startMailings()

test('a mailing that is right is sent: everybody who may receive is queued, once', async () => {
  const [one, two] = [await groupOf(['ann', 'bob', 'cem']), await groupOf(['ann', 'dora'])]
  const mailing = await draft({ groupIds: [one, two] })
  const sent = await send(mailing.id)
  expect(sent).toMatchObject({ status: 200, body: { status: 'sending' } })
  expect((await started(mailing.id)).counts).toMatchObject({ recipients: 4, queued: 4 })
  expect((await messagesOf(mailing.id)).map(({ state }) => state)).toEqual(['queued', 'queued', 'queued', 'queued'])
})

test('freezing twice adds nobody twice, as after a kill in between', async () => {
  const mailing = await draft({ groupIds: [await groupOf(['ann', 'bob'])] })
  expect(await freezeAudience(db, accountId, mailing.id)).toBe(2)
  expect(await freezeAudience(db, accountId, mailing.id)).toBe(0)
  await send(mailing.id)
  expect((await started(mailing.id)).counts.recipients).toBe(2)
})

test('a mailing that is being sent, was sent or cancelled cannot be changed or sent again', async () => {
  const { id } = await draft({ groupIds: [await groupOf(['ann'])] })
  await send(id)
  await started(id)
  const refused = { status: 409, body: { code: 'mailing.not_possible' } }
  expect(await api('PATCH', `/mailings/${id}`, { subject: 'x' })).toMatchObject(refused)
  expect(await send(id)).toMatchObject(refused)
  expect(await api('DELETE', `/mailings/${id}`)).toMatchObject(refused)
  expect(await api('POST', `/mailings/${id}/resume`)).toMatchObject(refused)
  await api('POST', `/mailings/${id}/cancel`)
  for (const act of ['pause', 'resume', 'cancel', 'send'])
    expect(await api('POST', `/mailings/${id}/${act}`)).toMatchObject(refused)
})

test('a mailing is paused, resumed and cancelled; who has it keeps it, the others do not get it', async () => {
  const { id } = await draft({ groupIds: [await groupOf(['ann', 'bob', 'cem', 'dora'])] })
  await send(id)
  await started(id)
  expect((await api<Mailing>('POST', `/mailings/${id}/pause`)).body.status).toBe('paused')
  expect((await api<Mailing>('POST', `/mailings/${id}/resume`)).body.status).toBe('sending')
  const [first, second, third] = await messagesOf(id)
  await run(
    db,
    sql`update messages set state = 'accepted' where account_id = ${accountId} and mailing_id = ${id} and contact_id = ${first?.contact_id ?? ''}`,
  )
  await run(
    db,
    sql`update messages set answer = 'not handed over' where account_id = ${accountId} and mailing_id = ${id} and contact_id = ${second?.contact_id ?? ''}`,
  )
  await run(
    db,
    sql`update messages set state = 'deferred' where account_id = ${accountId} and mailing_id = ${id} and contact_id = ${third?.contact_id ?? ''}`,
  )
  const cancelled = (await api<Mailing>('POST', `/mailings/${id}/cancel`)).body
  expect(cancelled).toMatchObject({
    status: 'cancelled',
    counts: { recipients: 4, accepted: 1, queued: 0, deferred: 0 },
  })
  expect((await messagesOf(id)).map(({ state }) => state)).toEqual(['accepted', 'cancelled', 'cancelled', 'cancelled'])
  const acts = await rows(
    db,
    sql<{
      act: string
    }>`select act from audit_events where account_id = ${accountId} and subject ->> 'mailingId' = ${id} order by event_id`,
  )
  expect(acts.map(({ act }) => act)).toEqual(['mailing.sent', 'mailing.paused', 'mailing.resumed', 'mailing.cancelled'])
})

test('a mailing for later freezes what is written now and who gets it then', async () => {
  const group = await groupOf(['ann', 'bob'])
  const { id } = await draft({ groupIds: [group] })
  const at = new Date(Date.now() + 1500).toISOString()
  expect((await send(id, { at })).body).toMatchObject({ status: 'scheduled', sendAt: at, startedAt: null })
  expect(await api('PATCH', `/mailings/${id}`, { subject: 'x' })).toMatchObject({ status: 409 })
  await addTo(group, 'cem')
  await optOut(db, accountId, [keyOf(name('ann'))], { source: 'api' })
  const { counts, status } = await started(id)
  expect([status, counts.recipients]).toEqual(['sending', 2])
})

test('a scheduled mailing that is cancelled never starts', async () => {
  const { id } = await draft({ groupIds: [await groupOf(['ann'])] })
  const later = await draft({ groupIds: [await groupOf(['bob'])] })
  const at = new Date(Date.now() + 800)
  await send(id, { at: at.toISOString() })
  await send(later.id, { at: new Date(at.getTime() + 300).toISOString() })
  expect((await api<Mailing>('POST', `/mailings/${id}/cancel`)).body.status).toBe('cancelled')
  await started(later.id)
  expect(await messagesOf(id)).toEqual([])
})

test('a draft that changes while it is checked is not sent', async () => {
  const { id } = await draft({ groupIds: [await groupOf(['ann'])] })
  const holding = core.asOwner.db.transaction().execute(async (trx) => {
    await sql`update mailings set updated_at = clock_timestamp() where account_id = ${accountId} and mailing_id = ${id}`.execute(
      trx,
    )
    const sending = send(id)
    await until(
      () =>
        row(
          core.asOwner.db,
          sql<{
            waits: string
          }>`select count(*) as waits from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
        ),
      ({ waits }) => waits !== '0',
    )
    return { sending }
  })
  const { sending } = await holding
  expect(await sending).toMatchObject({ status: 409, body: { code: 'mailing.not_possible' } })
})

test('two programs that start one mailing freeze its audience once, as after a kill in between', async () => {
  const { id } = await draft({ groupIds: [await groupOf(['ann', 'bob', 'cem'])] })
  const at = new Date(Date.now() + 3_600_000)
  await send(id, { at: at.toISOString() })
  const job: JobContext = {
    db,
    accountId,
    jobId: '0',
    payload: { mailingId: id },
    progress: async () => {},
    isCancelAsked: async () => false,
  }
  const results = await Promise.all([startMailing(job), startMailing(job), startMailing(job)])
  expect(results).toEqual(expect.arrayContaining([{ recipients: 3 }, { recipients: 0 }, { recipients: 0 }]))
  expect(await messagesOf(id)).toHaveLength(3)
  expect((await get(id)).status).toBe('sending')
})

test('an opt-out while the audience is frozen is withheld or left out, never queued (INV-7)', async () => {
  const { id } = await draft({ groupIds: [await groupOf(['ann', 'bob'])] })
  await optOut(db, accountId, [keyOf(name('ann'))], { source: 'api' })
  await send(id)
  const { counts } = await started(id)
  expect(counts).toMatchObject({ recipients: 1, queued: 1 })
  await optOut(db, accountId, [keyOf(name('bob'))], { source: 'api' })
  expect((await get(id)).counts).toMatchObject({ recipients: 1, queued: 0, withheld: 1 })
})
