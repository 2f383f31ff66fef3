// Topics and pauses: who a mailing reaches, and what is met at the last moment.
import { expect, test } from 'vitest'
import { startMailings } from '../../test/mailings.ts'
import { pageOf, press } from '../../test/preferences.ts'
import { holdTransaction, whenWaiting } from '../../test/waiting.ts'
import type { Topic } from '../audience/topic.contract.ts'
import { handOver, settleRefused, takeMessages } from '../delivery/queue.ts'
import { rows, run, sql } from '../platform/database.ts'
import { freezeAudience } from './audience.ts'
import type { Mailing } from './mailing.contract.ts'

const EVERYTHING = { inHand: [], part: 0, parts: 1 }
const { accountId, addTo, api, check, core, db, draft, get, groupOf, keyOf, messagesOf, name, program, stopsOf } =
  await startMailings()

let topics = 0
const newTopic = async () => (await api<Topic>('POST', '/topics', { name: `Topic ${++topics}` })).body.id
const page = (who: string) => pageOf(program, name(who))
const choose = (who: string, ...ids: string[]) => press(page(who), 'save', { offered: ids, topic: ids })
const leave = (who: string, ...ids: string[]) => press(page(who), 'save', { offered: ids })
const pause = (who: string) => press(page(who), 'save', { pause: '30' })

/** A mailing whose messages wait. */
async function sending(part: Record<string, unknown>): Promise<string> {
  const { id } = await draft(part)
  await freezeAudience(db, accountId, id)
  await run(
    db,
    sql`update mailings set status = 'sending', started_at = now() where account_id = ${accountId} and mailing_id = ${id}`,
  )
  return id
}
const answersOf = (mailingId: string) =>
  rows(
    db,
    sql<{ state: string; answer: string | null }>`
    select state, answer from messages where account_id = ${accountId} and mailing_id = ${mailingId} order by message_id`,
  )

test('a mailing to a topic alone reaches everybody who chose it, and counts who left it', async () => {
  const group = await groupOf([])
  const ids = new Map<string, string>()
  for (const who of ['ann', 'bob', 'cem']) ids.set(who, await addTo(group, who))
  const news = await newTopic()
  await choose('ann', news)
  await choose('bob', news)
  await leave('bob', news)
  const { id } = await draft({ topicIds: [news] })
  const { audience } = await check(id)
  expect(audience).toMatchObject({ chosen: 2, leftTopic: 1, withoutTopic: 0, recipients: 1 })
  expect(await freezeAudience(db, accountId, id)).toBe(1)
  expect((await messagesOf(id)).map(({ contact_id }) => contact_id)).toEqual([ids.get('ann')])
})

test('of groups and segments a mailing with topics reaches only who chose one of them', async () => {
  const group = await groupOf(['ann', 'bob', 'cem', 'dora'])
  await groupOf(['eli'])
  const [news, sales] = [await newTopic(), await newTopic()]
  await choose('ann', news)
  await choose('bob', news, sales)
  await leave('bob', news)
  await choose('cem', news)
  await leave('cem', news)
  await choose('eli', news)
  const { id } = await draft({ groupIds: [group], topicIds: [news, sales] })
  expect((await check(id)).audience).toMatchObject({ chosen: 4, recipients: 2, leftTopic: 1, withoutTopic: 1 })
  await api('PATCH', `/mailings/${id}`, { topicIds: [] })
  expect((await check(id)).audience).toMatchObject({ chosen: 4, recipients: 4, leftTopic: 0, withoutTopic: 0 })
})

test('everybody left out is left out for one reason, and the parts add up', async () => {
  const group = await groupOf(['ann', 'bob', 'cem', 'dora', 'eli'])
  const news = await newTopic()
  for (const who of ['ann', 'bob', 'cem', 'dora']) await choose(who, news)
  await pause('bob')
  await press(page('cem'), 'optout')
  await leave('dora', news)
  await pause('cem')
  const { id } = await draft({ groupIds: [group], topicIds: [news] })
  const { chosen, ...parts } = (await check(id)).audience
  expect(parts).toMatchObject({ recipients: 1, paused: 1, optedOut: 1, leftTopic: 1, withoutTopic: 1 })
  expect(Object.values(parts).reduce((sum, part) => sum + part, 0)).toBe(chosen)
})

test('nobody is reached through a topic in the archive, which nobody could leave, and it is named', async () => {
  await groupOf(['ann'])
  const news = await newTopic()
  await choose('ann', news)
  const { id } = await draft({ topicIds: [news] })
  await api('POST', `/topics/${news}/archive`)
  const checked = await check(id)
  expect(checked.audience.recipients).toBe(0)
  expect(stopsOf(checked)).toHaveLength(1)
  expect(await freezeAudience(db, accountId, id)).toBe(0)
})

test('a draft takes the topics of its account alone, and gives them back (SE-9)', async () => {
  const news = await newTopic()
  const { id } = await draft({ topicIds: [news] })
  expect((await get(id)).topicIds).toEqual([news])
  expect((await api<Mailing>('PATCH', `/mailings/${id}`, { subject: 'Other' })).body.topicIds).toEqual([news])
  const refused = { status: 400, body: { code: 'mailing.invalid' } }
  expect(await api('PATCH', `/mailings/${id}`, { topicIds: ['999999'] })).toMatchObject(refused)
  const { apiKey } = await program.anotherAccount()
  const { body: foreign } = await api<Topic>('POST', '/topics', { name: 'Foreign' }, apiKey)
  expect(await api('PATCH', `/mailings/${id}`, { topicIds: [foreign.id] })).toMatchObject(refused)
  expect((await get(id)).topicIds).toEqual([news])
})

test('leaving the topic or pausing withholds at once what waits', async () => {
  const group = await groupOf(['ann', 'bob', 'cem'])
  const news = await newTopic()
  for (const who of ['ann', 'bob', 'cem']) await choose(who, news)
  const about = await sending({ groupIds: [group], topicIds: [news] })
  const other = await sending({ groupIds: [group] })
  await leave('ann', news)
  await pause('bob')
  const withheld = (answer: string) => ({ state: 'withheld', answer })
  const waits = { state: 'queued', answer: null }
  expect(await answersOf(about)).toEqual([withheld('left the topic'), withheld('paused by the contact'), waits])
  expect(await answersOf(other)).toEqual([waits, withheld('paused by the contact'), waits])
})

test('a pause that begins while the audience is being frozen is met before hand-over', async () => {
  const group = await groupOf(['ann', 'bob'])
  const { id } = await draft({ groupIds: [group] })
  const freezing = await holdTransaction(core)
  await freezing.query(
    `insert into messages (account_id, mailing_id, contact_id, address_key)
     select account_id, $2, contact_id, address_key from mailable_contacts
     where account_id = $1 and contact_id in (select contact_id from group_members where group_id = $3) order by contact_id`,
    [accountId, id, group],
  )
  await pause('ann') // does not see those messages, and does not wait for them
  await freezing.end('commit')
  await run(db, sql`update mailings set status = 'sending' where account_id = ${accountId} and mailing_id = ${id}`)
  const { taken, withheld } = await takeMessages(db, { accountId, mailingId: id }, EVERYTHING, 10)
  expect([taken.length, withheld]).toEqual([1, 1])
  expect(await answersOf(id)).toEqual([
    { state: 'withheld', answer: 'paused by the contact' },
    { state: 'queued', answer: null },
  ])
})

test('who leaves the topic while the audience is being frozen is met at the last check, and not asked again', async () => {
  const group = await groupOf(['ann', 'bob'])
  const news = await newTopic()
  for (const who of ['ann', 'bob']) await choose(who, news)
  const { id } = await draft({ groupIds: [group], topicIds: [news] })
  const freezing = await holdTransaction(core)
  await freezing.query(
    `insert into messages (account_id, mailing_id, contact_id, address_key, by_topic)
     select account_id, $2, contact_id, address_key, true from mailable_contacts
     where account_id = $1 and contact_id in (select contact_id from group_members where group_id = $3) order by contact_id`,
    [accountId, id, group],
  )
  await leave('ann', news)
  await freezing.end('commit')
  await run(db, sql`update mailings set status = 'sending' where account_id = ${accountId} and mailing_id = ${id}`)
  const mailing = { accountId, mailingId: id }
  const { taken } = await takeMessages(db, mailing, EVERYTHING, 10)
  expect(taken).toHaveLength(2)
  const ids = taken.map(({ messageId }) => messageId)
  const passed = await handOver(db, accountId, 1, ids)
  const [bob] = taken.filter(({ address }) => address === name('bob'))
  expect([...passed]).toEqual([bob?.messageId])
  await settleRefused(db, accountId, ids)
  expect(await answersOf(id)).toEqual([
    { state: 'withheld', answer: 'left the topic' },
    { state: 'handed_over', answer: null },
  ])
  expect((await takeMessages(db, mailing, EVERYTHING, 10)).taken).toEqual([])
})

test('a pause that finds a hand-over under way is answered after it', async () => {
  const id = await sending({ groupIds: [await groupOf(['ann'])] })
  const [message] = (await takeMessages(db, { accountId, mailingId: id }, EVERYTHING, 1)).taken
  const handingOver = await holdTransaction(core)
  await handingOver.query(`update messages set state = 'handed_over' where account_id = $1 and message_id = $2`, [
    accountId,
    message?.messageId,
  ])
  let answered = false
  const pausing = pause('ann').then(() => (answered = true))
  await whenWaiting(core.asOwner)
  expect(answered).toBe(false)
  await handingOver.end('commit')
  await pausing
  expect(await answersOf(id)).toMatchObject([{ state: 'handed_over' }])
})

test('who is paused is in no audience, and is again when the pause has ended by itself', async () => {
  const group = await groupOf(['ann'])
  await pause('ann')
  expect(await freezeAudience(db, accountId, (await draft({ groupIds: [group] })).id)).toBe(0)
  await run(core.asOwner.db, sql`update pauses set ends_at = now() where address_key = ${keyOf(name('ann'))}`)
  expect(await freezeAudience(db, accountId, (await draft({ groupIds: [group] })).id)).toBe(1)
})
