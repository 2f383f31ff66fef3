import { beforeAll, expect, test } from 'vitest'
import { type Program, startProgram } from '../../test/program.ts'
import { insertContact } from '../../test/sample.ts'
import type { Topic } from '../audience/topic.contract.ts'
import { run, sql } from '../platform/database.ts'

let program: Program
beforeAll(async () => {
  program = await startProgram({ jobs: false })
})

const add = (name: unknown, description?: string) => program.api<Topic>('POST', '/topics', { name, description })
const list = async (query = '') => (await program.api<{ items: Topic[] }>('GET', `/topics${query}`)).body.items
const namesOf = (found: Topic[]) => found.map(({ name }) => name)

async function choose(topicId: string, contactId: string, chosen: boolean) {
  await run(
    program.core.db,
    sql`insert into contact_topics (account_id, contact_id, topic_id, chosen)
        values (${program.accountId}, ${contactId}, ${topicId}, ${chosen})`,
  )
}

test('topics stand in the order that operators give them', async () => {
  const made = [await add('Garden news', 'Once a month'), await add('  Plant sale '), await add('Courses')]
  expect(made.map(({ status }) => status)).toEqual([201, 201, 201])
  expect(namesOf(await list())).toEqual(['Garden news', 'Plant sale', 'Courses'])
  const [first = '', second = '', third = ''] = made.map(({ body }) => body.id)
  const { body } = await program.api<{ items: Topic[] }>('POST', '/topics/order', { ids: [third, first] })
  expect(namesOf(body.items)).toEqual(['Courses', 'Garden news', 'Plant sale'])
  await program.api('POST', '/topics/order', { ids: [first, second, third] })
})

test('a topic is renamed, and its name is nobody else’s', async () => {
  const { body: made } = await add('Seed swap')
  const renamed = await program.api<Topic>('PATCH', `/topics/${made.id}`, {
    name: 'Seed exchange',
    description: 'Twice a year',
  })
  expect(renamed.body).toMatchObject({ name: 'Seed exchange', description: 'Twice a year' })
  expect(await program.api('PATCH', `/topics/${made.id}`, { name: 'courses' })).toMatchObject({
    status: 409,
    body: { code: 'topic.exists' },
  })
  expect(await add('SEED EXCHANGE')).toMatchObject({ status: 409 })
})

test('an archived topic keeps what people chose and comes back with it', async () => {
  const { body: made } = await add('Evening talks')
  const contactId = await insertContact(program.core, program.accountId, 'listens@post.example')
  await choose(made.id, contactId, true)
  await program.api('POST', `/topics/${made.id}/archive`)
  expect(namesOf(await list())).not.toContain('Evening talks')
  expect(namesOf(await list('?archived=true'))).toEqual(['Evening talks'])
  const { body: restored } = await program.api<Topic>('POST', `/topics/${made.id}/restore`)
  expect(restored).toMatchObject({ archivedAt: null, counts: { chosen: 1, left: 0 } })
})

test('who opted out is not counted as getting a topic, though the choice stays', async () => {
  const { body: made } = await add('Open days')
  for (const address of ['comes@post.example', 'gone@post.example'])
    await choose(made.id, await insertContact(program.core, program.accountId, address), true)
  await choose(made.id, await insertContact(program.core, program.accountId, 'left@post.example'), false)
  await program.api('POST', '/opt-outs', { addresses: ['gone@post.example'] })
  const found = (await list()).find(({ id }) => id === made.id)
  expect(found?.counts).toEqual({ chosen: 1, left: 1 })
})

test('names that cannot be shown are refused (SE-5)', async () => {
  for (const name of ['', '  ', 'a\u0000', 'a\nb', 'x'.repeat(101), 7, null]) expect((await add(name)).status).toBe(400)
})

test('topics belong to one account (SE-9)', async () => {
  const { apiKey } = await program.anotherAccount('Other topics')
  const { body: mine } = await add('Mine alone')
  for (const [method, path, body] of [
    ['PATCH', `/topics/${mine.id}`, { name: 'Taken' }],
    ['POST', `/topics/${mine.id}/archive`, undefined],
  ] as const)
    expect((await program.api(method, path, body, apiKey)).status).toBe(404)
  const foreign = await program.api<{ items: Topic[] }>('POST', '/topics/order', { ids: [mine.id] }, apiKey)
  expect(foreign.body.items).toEqual([])
  expect(namesOf(await list())).toContain('Mine alone')
})

test('no more than a hundred topics are open', async () => {
  const { apiKey } = await program.anotherAccount('Many topics')
  for (let n = 1; n <= 100; n++)
    expect((await program.api('POST', '/topics', { name: `Topic ${n}` }, apiKey)).status).toBe(201)
  expect(await program.api('POST', '/topics', { name: 'One more' }, apiKey)).toMatchObject({
    status: 409,
    body: { code: 'topic.too_many' },
  })
})
