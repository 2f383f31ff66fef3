import { afterAll, expect, test } from 'vitest'
import { startMailings } from '../../test/mailings.ts'
import { startSender } from '../delivery/sender.ts'
import { signLink } from '../optouts/link.ts'
import { optOut } from '../optouts/optout.ts'
import { rows, run, sql } from '../platform/database.ts'
import type { JobContext } from '../platform/jobs.ts'
import type { Mailing } from './mailing.contract.ts'
import type { SplitTest } from './split.contract.ts'
import { decideSplit } from './split-decide.ts'

const { accountId, api, core, db, draft, get, groupOf, messagesOf, program, send, started } = await startMailings()
const sender = startSender(core, program.process) // into the built-in mailbox
afterAll(sender.stop)

type Answer = { split: SplitTest | null; code?: string; message?: string }
const setSplit = (id: string, plan: object) =>
  api<Answer>('POST', `/mailings/${id}/split`, {
    tests: 'subject',
    share: 20,
    measure: 'opens',
    waitMinutes: null,
    alternatives: [{ subject: 'Lanterns at dusk' }],
    ...plan,
  })
const splitOf = async (id: string) => (await api<Answer>('GET', `/mailings/${id}/split`)).body.split
const choose = (id: string, variant: string) => api<Answer>('POST', `/mailings/${id}/winner`, { variant })
const people = (count: number) => groupOf(Array.from({ length: count }, (_, index) => `p${index}x`))
const sentSubjects = async (id: string) => {
  const found = await rows(
    db,
    sql<{ subject: string; count: number }>`
    select subject, count(*)::int from mailbox_messages where account_id = ${accountId} and mailing_id = ${id} group by subject`,
  )
  return Object.fromEntries(found.map(({ subject, count }) => [subject, count]))
}
const delivered = (id: string, count: number) =>
  expect.poll(async () => (await get(id)).counts.accepted, { timeout: 20_000 }).toBe(count)

const decide = (mailingId: string) => {
  const job: JobContext = {
    db,
    accountId,
    jobId: '0',
    payload: { mailingId },
    progress: async () => {},
    isCancelAsked: async () => false,
  }
  return decideSplit(job)
}
/** As if the tested messages had left so long ago. */
const leftAgo = (id: string, minutes: number) =>
  run(
    db,
    sql`update messages set answered_at = now() - make_interval(mins => ${minutes}::int)
        where account_id = ${accountId} and mailing_id = ${id} and variant is not null`,
  )

test('a part of the audience gets the variants in equal parts, the rest waits and gets the winner that is chosen', async () => {
  const { id } = await draft({ groupIds: [await people(50)], subject: 'Lanterns' })
  const set = await setSplit(id, { alternatives: [{ subject: 'Dusk' }, { subject: 'Glow, {{ contact.first_name }}' }] })
  expect(set).toMatchObject({ status: 200, body: { split: { winner: null, figures: [], waiting: 0 } } })
  expect((await send(id)).status).toBe(200)
  await delivered(id, 10)
  const split = await splitOf(id)
  expect(split?.figures.map(({ variant, accepted }) => [variant, accepted])).toEqual([
    ['A', 4],
    ['B', 3],
    ['C', 3],
  ])
  expect(split?.waiting).toBe(40)
  const before = await sentSubjects(id)
  expect(before).toMatchObject({ Lanterns: 4, Dusk: 3 })
  expect(Object.keys(before).filter((subject) => /^Glow, p\d+x$/.test(subject))).toHaveLength(3)
  expect((await get(id)).status).toBe('sending')

  expect(await choose(id, 'B')).toMatchObject({ status: 200, body: { split: { winner: 'B', waiting: 0 } } })
  await delivered(id, 50)
  expect(await sentSubjects(id)).toMatchObject({ Lanterns: 4, Dusk: 43 })
  await expect.poll(async () => (await get(id)).status).toBe('sent')
  expect((await splitOf(id))?.figures.reduce((sum, { recipients }) => sum + recipients, 0)).toBe(10)
  for (const again of ['A', 'B']) expect(await choose(id, again)).toMatchObject({ status: 409 })
})

test('who opts out while the rest waits does not get the winner (INV-7)', async () => {
  const { id } = await draft({ groupIds: [await people(20)] })
  await setSplit(id, { share: 10 })
  await send(id)
  await delivered(id, 2)
  const [waits] = await rows(
    db,
    sql<{ address_key: Buffer }>`
    select address_key from messages where account_id = ${accountId} and mailing_id = ${id} and variant is null limit 1`,
  )
  await optOut(db, accountId, [waits?.address_key ?? Buffer.alloc(0)], { source: 'link' })
  await choose(id, 'A')
  await delivered(id, 19)
  expect((await get(id)).counts).toMatchObject({ accepted: 19, withheld: 1, queued: 0 })
})

test('the figures choose once the last tested message has left and the wait is over', async () => {
  const { id } = await draft({ groupIds: [await people(40)], tracking: true })
  await setSplit(id, {
    share: 50,
    measure: 'clicks',
    waitMinutes: 60,
    alternatives: [{ subject: 'B' }, { subject: 'C' }],
  })
  await send(id)
  await delivered(id, 20)
  await run(
    db,
    sql`
    insert into responses (account_id, mailing_id, contact_id, kind)
    select account_id, mailing_id, contact_id, case variant when 2 then 'clicked' else 'opened' end
    from messages where account_id = ${accountId} and mailing_id = ${id} and variant >= 2`,
  )
  await leftAgo(id, 59)
  expect(await decide(id)).toEqual({ winner: null })
  await leftAgo(id, 61)
  await run(
    db,
    sql`update messages set state = 'queued', due_at = now() + interval '1 hour' where account_id = ${accountId} and message_id = (
      select min(message_id) from messages where account_id = ${accountId} and mailing_id = ${id} and variant = 1)`,
  )
  expect(await decide(id)).toEqual({ winner: null }) // one has not left yet
  await run(
    db,
    sql`update messages set state = 'accepted' where account_id = ${accountId} and mailing_id = ${id} and variant = 1`,
  )
  expect(await decide(id)).toEqual({ winner: 'B' }) // C was opened as often, but clicks count
  expect(await decide(id)).toEqual({ winner: null }) // once
  await delivered(id, 40)
  expect((await sentSubjects(id))['B']).toBeGreaterThan(20)
})

test('with equal figures the mailing itself wins; a cancelled one has no winner', async () => {
  const [one, two] = [
    await draft({ groupIds: [await people(10)], tracking: true }),
    await draft({ groupIds: [await groupOf(['ann', 'bob', 'cem'])], tracking: true }),
  ]
  for (const { id } of [one, two]) {
    await setSplit(id, { share: 50, waitMinutes: 5 })
    await send(id)
    await started(id)
  }
  await delivered(one.id, 5)
  await leftAgo(one.id, 6)
  expect(await decide(one.id)).toEqual({ winner: 'A' })
  await delivered(two.id, 2)
  await leftAgo(two.id, 6)
  await api('POST', `/mailings/${two.id}/cancel`)
  expect(await decide(two.id)).toEqual({ winner: null })
  expect((await messagesOf(two.id)).map(({ state }) => state).sort()).toEqual(['accepted', 'accepted', 'cancelled'])
})

test('a paused mailing can have its winner, and its rest goes when it is resumed', async () => {
  const { id } = await draft({ groupIds: [await people(10)] })
  await setSplit(id, { share: 20 })
  await send(id)
  await delivered(id, 2)
  await api('POST', `/mailings/${id}/pause`)
  expect((await choose(id, 'B')).status).toBe(200)
  expect((await get(id)).counts.accepted).toBe(2)
  await api<Mailing>('POST', `/mailings/${id}/resume`)
  await delivered(id, 10)
})

test('the browser shows each reader the variant that they got, the rest the winner', async () => {
  const { id } = await draft({ groupIds: [await people(6)], html: '<p>As written</p>' })
  await setSplit(id, { tests: 'content', share: 50, alternatives: [{ html: '<p>As tried</p>' }] })
  await send(id)
  await delivered(id, 3)
  await choose(id, 'B')
  await delivered(id, 6)
  const found = await rows(
    db,
    sql<{ address_key: Buffer; variant: number | null }>`
    select address_key, variant from messages where account_id = ${accountId} and mailing_id = ${id}`,
  )
  for (const { address_key, variant } of found) {
    const { token } = signLink(core.keys.link, { accountId, addressKey: address_key, mailingId: id })
    const page = await (await fetch(`${program.url}/v/${token}`)).text()
    expect(page).toContain(variant === 1 ? 'As written' : 'As tried')
  }
})

test('variants with links are tracked in one line of numbers, and figures without tracking choose nothing (AB-8)', async () => {
  const link = (path: string) => `<p><a href="https://fernmoor.example/${path}">Read</a></p>`
  const { id } = await draft({ groupIds: [await people(4)], html: link('a') + link('both') })
  await setSplit(id, {
    tests: 'content',
    share: 100,
    measure: 'clicks',
    waitMinutes: 60,
    alternatives: [{ html: link('b') + link('both') }],
  })
  expect(await send(id)).toMatchObject({ status: 400, body: { message: expect.stringMatching(/tracking is off/) } })
  await api('PATCH', `/mailings/${id}`, { tracking: true })
  expect((await send(id)).status).toBe(200)
  const links = await rows(
    db,
    sql`select number, url from mailing_links where account_id = ${accountId} and mailing_id = ${id} order by number`,
  )
  const url = (path: string) => `https://fernmoor.example/${path}`
  expect(links).toEqual([
    { number: 1, url: url('a') },
    { number: 2, url: url('both') },
    { number: 3, url: url('b') },
  ])
  await delivered(id, 4)
  const raws = await rows(
    db,
    sql<{ raw: Buffer }>`select raw from mailbox_messages where account_id = ${accountId} and mailing_id = ${id}`,
  )
  const numbers = raws.map(({ raw }) =>
    [
      ...raw
        .toString()
        .replace(/=\r\n/g, '')
        .matchAll(/\/c\/[\w-]{43}(\d)/g),
    ]
      .map(([, number]) => number)
      .join(''),
  )
  expect(numbers.sort()).toEqual(['12', '12', '32', '32'])
})

test('a variant that may not be sent keeps the whole mailing from being sent', async () => {
  const { id } = await draft({ groupIds: [await groupOf(['ann', 'bob'])] })
  const hidden = '<p>Hello</p><p style="display:none"><a href="{{ opt_out_url }}">Opt out</a></p>'
  await setSplit(id, { tests: 'content', alternatives: [{ html: hidden }] })
  const sent = await send(id)
  expect(sent).toMatchObject({ status: 409, body: { code: 'mailing.not_sendable' } })
  expect(sent.body.message).toMatch(/^Variant B: /)
  expect((await get(id)).status).toBe('draft')
})

test('a split test that tests nothing, or something else, or a form that cannot be read, is refused', async () => {
  const { id } = await draft({ groupIds: [await groupOf(['ann'])] })
  const refused = [
    { alternatives: [{}] },
    { alternatives: [{ subject: ' ' }] },
    { alternatives: [{ subject: 'B', html: '<p>C</p>' }] },
    { tests: 'sender', alternatives: [{ subject: 'B' }] },
    { tests: 'sender', alternatives: [{ fromAddress: 'nobody' }] },
    { tests: 'content', alternatives: [{ html: '{% if %}' }] },
    { alternatives: [] },
    { alternatives: [{ subject: 'B' }, { subject: 'C' }, { subject: 'D' }, { subject: 'E' }] },
    { share: 0 },
    { waitMinutes: 1 },
  ]
  for (const plan of refused) expect((await setSplit(id, plan)).status, JSON.stringify(plan)).toBe(400)
  expect(await splitOf(id)).toBeNull()
})

test('a split test is changed and taken off while the mailing is a draft, and never with an own time for everybody', async () => {
  const { id } = await draft({ groupIds: [await groupOf(['ann', 'bob', 'cem'])] })
  await setSplit(id, {})
  await setSplit(id, { tests: 'sender', alternatives: [{ fromName: 'Hedda' }, { fromName: 'Ines' }] })
  expect(await splitOf(id)).toMatchObject({
    tests: 'sender',
    alternatives: [{ fromName: 'Hedda' }, { fromName: 'Ines' }],
  })
  expect(await choose(id, 'B')).toMatchObject({ status: 409 })
  expect(await send(id, { at: '2037-01-01T09:00', inRecipientZone: true })).toMatchObject({ status: 400 })
  expect((await api<Answer>('DELETE', `/mailings/${id}/split`)).body).toEqual({ split: null })
  await setSplit(id, { share: 100 })
  await send(id)
  await delivered(id, 3)
  await expect.poll(async () => (await get(id)).status).toBe('sent')
  expect(await setSplit(id, {})).toMatchObject({ status: 409 })
  expect(await api('DELETE', `/mailings/${id}/split`)).toMatchObject({ status: 409 })
  expect(await choose(id, 'D')).toMatchObject({ status: 409 })
})

test('the split test of one account is out of reach for another', async () => {
  const { id } = await draft({ groupIds: [await groupOf(['ann', 'bob', 'cem'])] })
  await setSplit(id, {})
  const other = await program.anotherAccount()
  const asOther = (method: string, path: string, body?: object) =>
    api(method, `/mailings/${id}/${path}`, body, other.apiKey)
  expect((await asOther('GET', 'split')).status).toBe(404)
  expect((await asOther('DELETE', 'split')).status).toBe(404)
  expect((await asOther('POST', 'winner', { variant: 'A' })).status).toBe(404)
  expect(await splitOf(id)).not.toBeNull()
})
