import { expect, test } from 'vitest'
import { startProgram } from '../../test/program.ts'
import { insertContact, keyOf } from '../../test/sample.ts'
import { makeApiKey } from '../accounts/api-key.ts'
import type { OptOut, OptOutCheck, OptOutCounts, OptOutsResult } from '../optouts/optout.contract.ts'
import { optOut } from '../optouts/optout.ts'
import { row, rows, run, sql } from '../platform/database.ts'

type List = { items: OptOut[]; nextCursor: string | null }
const program = await startProgram({ jobs: false })
const { core, api, accountId, userId } = program
const list = async (query: string) => (await api<List>('GET', `/opt-outs?${query}`)).body
const namesIn = ({ items }: List) => items.map(({ address }) => address)
const lastEntry = () =>
  row(
    core.db,
    sql<{
      source: string
      user_id: string | null
      api_key_id: string | null
      evidence: unknown
      address_key: Buffer | null
    }>`
    select * from optout_ledger where account_id = ${accountId} order by entry_id desc limit 1`,
  )

test('a program opts addresses out, contacts or not, and hears which lines were none (INV-15, INV-19)', async () => {
  await insertContact(core, accountId, 'Ann@post.example')
  const addresses = ['ann@post.example', 'ANN@POST.example', 'never.seen@post.example', 'no address', '@']
  const answer = await api<OptOutsResult>('POST', '/opt-outs', {
    addresses,
    note: 'Asked by ann@post.example on the phone',
  })
  expect(answer).toMatchObject({ status: 200, body: { optedOut: 2, alreadyOptedOut: 0, invalid: ['no address', '@'] } })
  const again = await api<OptOutsResult>('POST', '/opt-outs', { addresses: ['ann@post.example', 'bob@post.example'] })
  expect(again.body).toEqual({ optedOut: 1, alreadyOptedOut: 1, invalid: [] })
  const entries = await rows(
    core.db,
    sql<{ evidence: { note?: string } }>`
    select evidence from optout_ledger where account_id = ${accountId} order by entry_id`,
  )
  expect(entries[0]?.evidence.note).toBe('Asked by a***@p***.example on the phone')
})

test('who it was is kept: a key as api, a signed-in person as operator (LW-9)', async () => {
  await api('POST', '/opt-outs', { addresses: ['one@post.example'] })
  expect(await lastEntry()).toMatchObject({ source: 'api', user_id: null, api_key_id: expect.any(String) })
  const person = await program.signIn()
  await person.api('POST', '/opt-outs', { addresses: ['two@post.example'] })
  expect(await lastEntry()).toMatchObject({ source: 'operator', user_id: userId, api_key_id: null })
})

test('nothing but invalid lines changes nothing', async () => {
  const before = await lastEntry()
  const answer = await api('POST', '/opt-outs', { addresses: ['x', '', ' '] })
  expect(answer).toMatchObject({ status: 200, body: { optedOut: 0, alreadyOptedOut: 0, invalid: ['x', '', ' '] } })
  expect(await lastEntry()).toEqual(before)
})

test('10,000 addresses are one request, 10,001 are refused', async () => {
  const addresses = Array.from({ length: 10_000 }, (_, place) => `many.${place}@post.example`)
  expect(await api('POST', '/opt-outs', { addresses })).toMatchObject({ status: 200, body: { optedOut: 10_000 } })
  expect((await lastEntry()).address_key).toBeNull()
  expect((await api('POST', '/opt-outs', { addresses: [...addresses, 'more@post.example'] })).status).toBe(400)
})

test.each([
  ['not JSON', '{'],
  ['no addresses', {}],
  ['an empty list', { addresses: [] }],
  ['an address that is no text', { addresses: [1] }],
  ['a property that does not exist', { addresses: ['a@b.example'], status: 'active' }],
  ['NUL', { addresses: ['a\u0000@b.example'] }],
  ['half a letter', { addresses: ['\ud800@b.example'], note: '\ud800' }],
])('a broken request is answered with 400: %s', async (_name, body) => {
  const before = await lastEntry()
  expect((await api('POST', '/opt-outs', body)).status).toBe(400)
  expect(await lastEntry()).toEqual(before)
})

test('a key that may only read opts nobody out (SE-9)', async () => {
  const { token } = await makeApiKey(core.db, accountId, { name: 'Reader', scope: 'read' }, userId)
  expect((await api('POST', '/opt-outs', { addresses: ['a@b.example'] }, token)).status).toBe(403)
  expect((await api('GET', '/opt-outs', undefined, token)).status).toBe(200)
})

test('the list gives every opt-out once, page by page, also those of one moment', async () => {
  const seen: (string | null)[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const page: List = await list(`limit=500${cursor && `&cursor=${cursor}`}`)
    seen.push(...page.items.map(({ at, address }) => `${at} ${address}`))
    cursor = page.nextCursor
  }
  const { count } = await row(
    core.db,
    sql<{ count: number }>`select count(*)::int as count from standing_optouts where account_id = ${accountId}`,
  )
  expect(seen).toHaveLength(count)
  const times = seen.map((line) => line?.slice(0, 24) ?? '')
  expect(times).toEqual(times.toSorted().reverse())
  expect((await api('GET', '/opt-outs?cursor=bm9uZQ')).status).toBe(400)
})

test('the list is searched by a whole address, by part of it, by source and by time', async () => {
  await insertContact(core, accountId, 'Zoë.Quill@Search.example', { town: 'Quillfeld' })
  await insertContact(core, accountId, '100%_real@search.example', { town: 'zoë' })
  await insertContact(core, accountId, '100xyreal@search.example')
  const addresses = [
    'zoë.quill@search.example',
    '100%_real@search.example',
    '100xyreal@search.example',
    'unknown@search.example',
  ]
  await api('POST', '/opt-outs', { addresses })
  const search = (term: string) => list(`search=${encodeURIComponent(term)}`)
  expect(namesIn(await search('zoë.quill@SEARCH.example'))).toEqual(['Zoë.Quill@Search.example'])
  expect(await search('unknown@search.example')).toMatchObject({ items: [{ address: null, source: 'api' }] })
  expect(namesIn(await search('quill'))).toEqual(['Zoë.Quill@Search.example'])
  expect(namesIn(await search('ZOË'))).toEqual(['Zoë.Quill@Search.example'])
  expect(namesIn(await search('100%_'))).toEqual(['100%_real@search.example'])
  expect(namesIn(await search('quillfeld'))).toEqual([])
  expect(namesIn(await search('%'))).toEqual(['100%_real@search.example'])
  await optOut(core.db, accountId, [keyOf(core, 'link@search.example')], { source: 'link', mailingId: '7' })
  expect((await list('source=link')).items).toMatchObject([{ source: 'link', mailingId: '7', address: null }])
  const { at } = (await list('source=link')).items[0] ?? { at: '' }
  expect((await list(`since=${new Date(Date.parse(at) + 1).toISOString()}`)).items).toEqual([])
  expect((await list(`since=${at}`)).items).toMatchObject([{ source: 'link' }])
  for (const wrong of ['source=gone', 'since=yesterday', 'limit=0', 'limit=501', 'colour=red'])
    expect((await api('GET', `/opt-outs?${wrong}`)).status).toBe(400)
})

test("another account sees and changes nothing of this one's (SE-9)", async () => {
  const other = await program.anotherAccount()
  expect((await api<List>('GET', '/opt-outs', undefined, other.apiKey)).body.items).toEqual([])
  await api('POST', '/opt-outs', { addresses: ['only.there@post.example'] }, other.apiKey)
  expect(
    await rows(
      core.db,
      sql`select account_id from standing_optouts where address_key = ${keyOf(core, 'only.there@post.example')}`,
    ),
  ).toEqual([{ account_id: other.accountId }])
})

test('the first page of many opt-outs is read from an index, not sorted', async () => {
  await run(
    core.asOwner.db,
    sql`insert into standing_optouts select ${accountId}, decode(md5(n::text), 'hex'), 1, 'bulk', null, now() from generate_series(1, 50000) n`,
  )
  await run(core.asOwner.db, sql`analyze standing_optouts`)
  const plan = await rows(
    core.db,
    sql<{ 'QUERY PLAN': string }>`explain select address_key from standing_optouts standing
    where standing.account_id = ${accountId} and (standing.opted_out_at, standing.address_key) < (now(), '\\x00'::bytea)
    order by standing.opted_out_at desc, standing.address_key desc limit 51`,
  )
  const text = plan.map((line) => line['QUERY PLAN']).join('\n')
  expect(text).toContain('standing_optouts_by_time')
  expect(text).not.toContain('Sort')
})

test('a check says what would happen to every line and writes nothing (INV-19)', async () => {
  await insertContact(core, accountId, 'will.leave@post.example')
  await api('POST', '/opt-outs', { addresses: ['left.before@post.example'] })
  const before = await lastEntry()
  const addresses = [
    'Will Leave <will.leave@post.example>',
    'WILL.LEAVE@post.example',
    'left.before@post.example',
    'never.a.contact@post.example',
    'sven@inbox,example',
    'no address at all',
  ]
  const { body } = await api<OptOutCheck>('POST', '/opt-outs/check', { addresses })
  expect(body).toMatchObject({ given: 6, contacts: 1, duplicates: 1, alreadyOptedOut: 1, notContacts: 1, invalid: 2 })
  expect(body.rows.map(({ state, suggestion }) => [state, suggestion])).toEqual([
    ['contact', null],
    ['duplicate', null],
    ['already', null],
    ['not_contact', null],
    ['invalid', 'sven@inbox.example'],
    ['invalid', null],
  ])
  expect(await lastEntry()).toEqual(before)
  const done = await api<OptOutsResult>('POST', '/opt-outs', { addresses })
  expect(done.body).toMatchObject({ optedOut: 2, alreadyOptedOut: 1 })
})

test('counts by source add up to the total', async () => {
  const { body } = await api<OptOutCounts>('GET', '/opt-outs/counts')
  expect(body.total).toBeGreaterThan(0)
  expect(body.bySource.reduce((sum, { count }) => sum + count, 0)).toBe(body.total)
})

test('the export holds keys alone; plain addresses need a reason, and who took them is kept (LW-6)', async () => {
  await insertContact(core, accountId, 'exported@post.example')
  await api('POST', '/opt-outs', { addresses: ['exported@post.example'] })
  const keys = await api<string>('GET', '/opt-outs/export.csv')
  expect(keys.headers.get('content-disposition')).toBe('attachment; filename="opt-outs.csv"')
  expect(keys.body).toContain(keyOf(core, 'exported@post.example').toString('hex'))
  expect(keys.body).not.toContain('@')
  expect(await api('GET', '/opt-outs/export.csv?plain=true')).toMatchObject({ status: 400 })
  const plain = await api<string>('GET', '/opt-outs/export.csv?plain=true&reason=Asked+by+the+regulator')
  expect(plain.body).toContain('exported@post.example')
  const acts = await rows(
    core.db,
    sql<{ subject: unknown }>`
    select subject from audit_events where account_id = ${accountId} and act = 'optouts.exported' order by event_id`,
  )
  expect(acts.map(({ subject }) => subject)).toMatchObject([
    { plain: false, reason: null },
    { plain: true, reason: 'Asked by the regulator' },
  ])
})

test('a key that may only read does not get the export (LW-6, SE-9)', async () => {
  const { token } = await makeApiKey(core.db, accountId, { name: 'Reader', scope: 'read' }, null)
  expect(await api('GET', '/opt-outs/export.csv', undefined, token)).toMatchObject({ status: 403 })
  expect(await api('GET', '/opt-outs/counts', undefined, token)).toMatchObject({ status: 200 })
})
