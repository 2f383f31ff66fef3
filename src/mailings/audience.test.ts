import { expect, test } from 'vitest'
import { startMailings } from '../../test/mailings.ts'
import type { Segment } from '../audience/segment.contract.ts'
import { optOut } from '../optouts/optout.ts'
import { run, sql } from '../platform/database.ts'
import type { Mailing } from './mailing.contract.ts'

const { accountId, addTo, api, check, db, draft, get, groupOf, keyOf, messagesOf, name, send, started, stopsOf } =
  await startMailings()

let segments = 0
async function segmentOf(condition: object): Promise<string> {
  const { status, body } = await api<Segment>('POST', '/segments', { name: `Segment ${++segments}`, condition })
  expect(status).toBe(201)
  return body.id
}
const addresses = (...people: string[]) => ({ type: 'address', op: 'is', values: people.map(name) })
const startedRecipients = async (id: string) => {
  expect((await send(id)).status).toBe(200)
  await started(id)
  return (await messagesOf(id)).map(({ contact_id }) => contact_id).sort()
}

test('a mailing reaches its groups and segments, each person once, less who is excluded', async () => {
  const group = await groupOf([])
  const ids = new Map<string, string>()
  for (const who of ['ann', 'bob', 'cem', 'dora']) ids.set(who, await addTo(group, who))
  const elsewhere = await groupOf([])
  for (const who of ['eli', 'fay']) ids.set(who, await addTo(elsewhere, who))
  const mailing = await draft({
    groupIds: [group],
    segmentIds: [await segmentOf(addresses('ann', 'eli', 'fay'))],
    excludedGroupIds: [await groupOf([])],
    excludedSegmentIds: [await segmentOf(addresses('bob', 'fay'))],
  })
  await addTo(mailing.excludedGroupIds[0] ?? '', 'cem')
  const { audience, findings } = await check(mailing.id)
  expect(audience).toEqual({
    chosen: 7,
    inSeveral: 1,
    excluded: 3,
    optedOut: 0,
    error: 0,
    held: 0,
    paused: 0,
    archived: 0,
    leftTopic: 0,
    withoutTopic: 0,
    recipients: 3,
  })
  expect(findings).toContainEqual(expect.objectContaining({ check: 'audience', text: '3 people get this mailing.' }))
  const expected = ['ann', 'dora', 'eli'].map((who) => ids.get(who) ?? '').sort()
  expect(await startedRecipients(mailing.id)).toEqual(expected)
})

test('a segment of people who opted out reaches nobody (LW-7)', async () => {
  await groupOf(['ann', 'bob'])
  await optOut(db, accountId, [keyOf(name('ann')), keyOf(name('bob'))], { source: 'link' })
  const out = await segmentOf({ type: 'all', of: [{ type: 'status', status: 'opt_out' }, addresses('ann', 'bob')] })
  const mailing = await draft({ segmentIds: [out] })
  const checked = await check(mailing.id)
  expect(checked.audience).toMatchObject({ chosen: 2, optedOut: 2, recipients: 0 })
  expect(stopsOf(checked).map(({ text }) => text)).toEqual([
    'Nobody in the chosen groups, segments and topics may get mail.',
  ])
  expect((await send(mailing.id)).status).toBe(409)
})

test('a segment is as it is when the mailing starts; who opted out since then gets nothing', async () => {
  const group = await groupOf(['ann', 'bob'])
  const segment = await segmentOf({ type: 'group', groupId: group })
  const mailing = await draft({ segmentIds: [segment] })
  const soon = new Date(Date.now() + 2000)
  expect((await send(mailing.id, { at: soon.toISOString() })).status).toBe(200)
  const late = await addTo(group, 'late')
  await optOut(db, accountId, [keyOf(name('ann')), keyOf(name('bob'))], { source: 'link' })
  await started(mailing.id)
  expect((await messagesOf(mailing.id)).map(({ contact_id }) => contact_id)).toEqual([late])
})

test('an archived choice counts as nobody and is named; an archived exclusion still holds', async () => {
  const [kept, gone, out] = [await groupOf(['ann', 'bob']), await groupOf(['cem']), await groupOf(['bob'])]
  const segment = await segmentOf(addresses('cem'))
  const mailing = await draft({ groupIds: [kept, gone], segmentIds: [segment], excludedGroupIds: [out] })
  await api('POST', `/groups/${gone}/archive`)
  await api('POST', `/groups/${out}/archive`)
  await api('POST', `/segments/${segment}/archive`)
  const { audience, findings, sendable } = await check(mailing.id)
  expect(audience).toMatchObject({ chosen: 2, excluded: 1, recipients: 1 })
  expect(sendable).toBe(true)
  const looks = findings.filter(({ check: about, level }) => about === 'audience' && level === 'look')
  expect(looks).toHaveLength(2)
  expect(looks[1]?.text).toMatch(/^“.*” is in the archive: nobody gets this mailing through it/)
})

test('a segment still works after a mailing or field that it names is gone', async () => {
  const past = await draft({ groupIds: [await groupOf(['ann'])] })
  const field = await api<{ id: string; name: string }>('POST', '/fields', { label: 'Passing' })
  const segment = await segmentOf({
    type: 'any',
    of: [
      { type: 'not', of: { type: 'mailing', did: 'opened', mailingId: past.id } },
      { type: 'field', field: field.body.name, op: 'is', values: ['x'] },
    ],
  })
  await api('DELETE', `/mailings/${past.id}`)
  await run(db, sql`delete from fields where account_id = ${accountId} and field_id = ${field.body.id}`)
  const mailing = await draft({ segmentIds: [segment] })
  expect((await check(mailing.id)).audience.recipients).toBeGreaterThan(0)
})

test('the lists of a mailing are changed one by one, and nobody is chosen and left out at once', async () => {
  const [one, two] = [await groupOf([]), await groupOf([])]
  const segment = await segmentOf(addresses('ann'))
  const { id } = await draft({ groupIds: [one], excludedSegmentIds: [segment] })
  const changed = await api<Mailing>('PATCH', `/mailings/${id}`, { excludedGroupIds: [two] })
  expect(changed.body).toMatchObject({
    groupIds: [one],
    excludedGroupIds: [two],
    segmentIds: [],
    excludedSegmentIds: [segment],
  })
  for (const wrong of [{ groupIds: [two] }, { segmentIds: [segment] }, { excludedSegmentIds: ['999999'] }])
    expect(await api('PATCH', `/mailings/${id}`, wrong)).toMatchObject({
      status: 400,
      body: { code: 'mailing.invalid' },
    })
  const swapped = { groupIds: [two], excludedGroupIds: [one] }
  expect((await api<Mailing>('PATCH', `/mailings/${id}`, swapped)).body).toMatchObject(swapped)
  expect(await get(id)).toMatchObject({ ...swapped, excludedSegmentIds: [segment] })
})
