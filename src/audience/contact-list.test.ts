import { expect, test } from 'vitest'
import { freshDatabase } from '../../test/database.ts'
import { row, run, sql } from '../platform/database.ts'
import { contactCountsQuery, contactsQuery } from './contact.contract.ts'
import { countContacts, listContacts } from './contact-list.ts'

const { db, asOwner } = await freshDatabase()

const list = async (accountId: string, asked: Record<string, string> = {}) => {
  const page = await listContacts(db, accountId, contactsQuery.parse(asked))
  return { addresses: page.items.map(({ address }) => address), nextCursor: page.nextCursor }
}
const found = async (accountId: string, search: string) => (await list(accountId, { search })).addresses.sort()

async function newAccount(): Promise<string> {
  const { account_id } = await row(
    db,
    sql<{ account_id: string }>`
    with organization as (insert into organizations (name) values ('Herons') returning organization_id)
    insert into accounts (organization_id, name) select organization_id, 'Herons' from organization returning account_id`,
  )
  return account_id
}

async function addContact(accountId: string, address: string, fields: Record<string, string> = {}): Promise<string> {
  const { contact_id } = await row(
    db,
    sql<{ contact_id: string }>`
    insert into contacts (account_id, address, canonical, address_key, fields)
    values (${accountId}, ${address}, lower(${address}), substr(sha256(convert_to(lower(${address}), 'UTF8')), 1, 16), ${JSON.stringify(fields)}::jsonb)
    returning contact_id`,
  )
  return contact_id
}

const optOutContact = (accountId: string, contactId: string) =>
  run(
    asOwner.db,
    sql`insert into standing_optouts (account_id, address_key, entry_id, source, opted_out_at)
        select account_id, address_key, 1, 'link', now() from contacts where account_id = ${accountId} and contact_id = ${contactId}`,
  )
const failContact = (accountId: string, contactId: string) =>
  run(
    db,
    sql`insert into contact_errors (account_id, contact_id, reason) values (${accountId}, ${contactId}, 'delivery')`,
  )

test('search finds part of an address or of any value, in any letter case', async () => {
  const account = await newAccount()
  await addContact(account, 'Ann.Moor@post.example', { first_name: 'Ann', town: 'Fernmoor' })
  await addContact(account, 'bert@web.example', { first_name: 'Bert', town: 'MOORGATE' })
  await addContact(account, 'carla@web.example', { first_name: 'Carla', note: 'likes C\\D and "tea", 50%_off [x]' })
  expect(await found(account, 'MOOR')).toEqual(['Ann.Moor@post.example', 'bert@web.example'])
  expect(await found(account, '  nn.moor@PO ')).toEqual(['Ann.Moor@post.example'])
  expect(await found(account, 'town')).toEqual([]) // the name of a field is no value
  expect(await found(account, 'first_name')).toEqual([])
})

test('one or two letters find what begins with them, a word of an address or of a value', async () => {
  const account = await newAccount()
  await addContact(account, 'Ann.Moor@post.example', { town: 'Upper Fernmoor' })
  await addContact(account, 'bo@web.example', { note: 'né 77b', name: 'Jean-Marc' })
  for (const term of ['a', 'AN', 'mo', 'po', 'fe', 'up'])
    expect(await found(account, term), term).toEqual(['Ann.Moor@post.example'])
  for (const term of ['b', 'we', '77', '7', 'ma', 'n'])
    expect(await found(account, term), term).toEqual(['bo@web.example'])
  for (const term of ['nn', 'oo', 'xa', 'rn', '30', '3', '7b']) expect(await found(account, term), term).toEqual([])
  expect(await found(account, 'e')).toHaveLength(2)
})

test('pages in any order show every contact once', async () => {
  const account = await newAccount()
  for (const who of ['dora', 'Ann', 'cem', 'bob', 'eli']) await addContact(account, `${who}@post.example`)
  const order = { newest: 'ebcAd', oldest: 'dAcbe', address: 'Abcde' }
  for (const [sort, initials] of Object.entries(order)) {
    const all: string[] = []
    for (let cursor = ''; ; ) {
      const page = await list(account, { sort, limit: '2', ...(cursor ? { cursor } : {}) })
      all.push(...page.addresses)
      if (page.nextCursor === null) break
      cursor = page.nextCursor
    }
    expect(all.map((address) => address.charAt(0)).join(''), sort).toBe(initials)
  }
})

test.each([
  ['%', ['note']],
  ['_', ['note']],
  ['50%_off', ['note']],
  ['50%', ['note']],
  ['5__off', []],
  ['c\\d', ['note']],
  ['cd', []],
  ['\\', ['note']],
  ['"tea"', ['note']],
  ['tea"', ['note']],
  ["'; drop table contacts; --", []],
  ['tea", "', []],
  ['note note', []],
])('search takes %s literally', async (term, expected) => {
  const account = await newAccount()
  await addContact(account, 'note', { a: 'likes C\\D and "tea"', b: '50%_off', c: 'note' })
  await addContact(account, 'plain@web.example', { a: '50 off' })
  expect(await found(account, term)).toEqual(expected)
})

test('search finds names in any script, in any letter case', async () => {
  const account = await newAccount()
  await addContact(account, 'm@post.example', { name: 'Мария Öztürk' })
  await addContact(account, 'z@post.example', { name: '山田太郎' })
  await addContact(account, 'd@post.example', { name: '320274' })
  for (const term of ['мари', 'МАРИЯ', 'öZTÜRK', 'я ö', 'ü'])
    expect(await found(account, term), term).toEqual(['m@post.example'])
  for (const term of ['山田', '太']) expect(await found(account, term), term).toEqual(['z@post.example'])
  expect(await found(account, 'м')).toEqual(['m@post.example'])
  expect(await found(account, '320274')).toEqual(['d@post.example'])
  expect(contactsQuery.safeParse({ search: '\ud800' }).success).toBe(false)
})

test('pages show every contact once, newest first, also while contacts are added', async () => {
  const account = await newAccount()
  for (let n = 1; n <= 7; n++) await addContact(account, `p${n}@post.example`)
  const first = await list(account, { limit: '3' })
  await addContact(account, 'late@post.example')
  const second = await list(account, { limit: '3', cursor: first.nextCursor ?? '' })
  const third = await list(account, { limit: '3', cursor: second.nextCursor ?? '' })
  expect([...first.addresses, ...second.addresses, ...third.addresses]).toEqual(
    [7, 6, 5, 4, 3, 2, 1].map((n) => `p${n}@post.example`),
  )
  expect(third.nextCursor).toBeNull()
  await expect(list(account, { cursor: 'nonsense' })).rejects.toMatchObject({ code: 'request.invalid_cursor' })
})

test('filters by status agree with the one definition of status, and with the counts (INV-22)', async () => {
  const account = await newAccount()
  const group = (
    await row(
      db,
      sql<{ group_id: string }>`insert into groups (account_id, name) values (${account}, 'G') returning group_id`,
    )
  ).group_id
  for (let n = 0; n < 24; n++) {
    const id = await addContact(account, `s${n}@post.example`)
    if (n % 4 < 2)
      await run(
        db,
        sql`insert into group_members (account_id, group_id, contact_id) values (${account}, ${group}, ${id})`,
      )
    if (n % 2 === 0) await failContact(account, id)
    if (n % 3 === 0) await optOutContact(account, id)
    if (n % 8 === 7)
      await run(db, sql`update contacts set archived_at = now() where account_id = ${account} and contact_id = ${id}`)
  }
  for (const filter of [
    {},
    { archived: 'true' },
    { groupId: group },
    { search: 's1' },
    { groupId: group, search: 's2' },
  ]) {
    const counts = await countContacts(db, account, contactCountsQuery.parse(filter))
    expect(counts.total).toBe(counts.active + counts.error + counts.optOut)
    for (const [status, count] of [
      ['active', counts.active],
      ['error', counts.error],
      ['opt_out', counts.optOut],
    ] as const) {
      const { items } = await listContacts(db, account, contactsQuery.parse({ ...filter, status }))
      expect(items).toHaveLength(count)
      expect(new Set(items.map((contact) => contact.status)).size).toBeLessThan(2)
      expect(items.every((contact) => contact.status === status)).toBe(true)
    }
  }
  expect(await countContacts(db, account, contactCountsQuery.parse({}))).toEqual({
    active: 6,
    error: 8,
    optOut: 7,
    total: 21,
  })
})

test.each([
  ['search', 'a\u0000b'],
  ['search', 'x'.repeat(321)],
  ['status', 'unsubscribed'],
  ['groupId', "1' or '1'='1"],
  ['archived', 'maybe'],
  ['limit', '501'],
  ['limit', '0'],
  ['cursor', 'x'.repeat(501)],
  ['sort', 'name'],
])('a filter that cannot be meant is refused: %s=%j', (name, value) => {
  expect(contactsQuery.safeParse({ [name]: value }).success).toBe(false)
})
