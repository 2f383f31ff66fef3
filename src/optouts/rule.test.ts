import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { startProgram } from '../../test/program.ts'
import { insertContact, keyOf } from '../../test/sample.ts'
import { holdTransaction, isDoneSoon, whenWaiting } from '../../test/waiting.ts'
import type { Contact } from '../audience/contact.contract.ts'
import { rows, run, sql } from '../platform/database.ts'
import type { OptOutCheck, OptOutRule, RuleResult } from './optout.contract.ts'
import { standingOptOut } from './optout.ts'
import { readDomain, readHashes } from './rule.ts'

const program = await startProgram()
const { core, api, accountId } = program
const md5 = (text: string) => createHash('md5').update(text).digest('hex')
const sha1 = (text: string) => createHash('sha1').update(text).digest('hex')
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const isOut = async (address: string) => (await standingOptOut(core.db, accountId, keyOf(core, address))) !== undefined
const outDomain = (domain: string) => api<RuleResult>('POST', '/opt-outs/domains', { domain })
const outHashes = (...hashes: string[]) => api<RuleResult>('POST', '/opt-outs/hashes', { hashes })

test('a domain that opts out takes everybody at it along, archived contacts too, and nobody else', async () => {
  const archived = await insertContact(core, accountId, 'archived@one.example')
  await insertContact(core, accountId, 'Ann@One.Example')
  await insertContact(core, accountId, 'bob@other-one.example')
  await insertContact(core, accountId, 'eve@sub.one.example')
  await api('POST', `/contacts/${archived}/archive`)
  const question = { domain: '*@ONE.example' }
  expect((await api<OptOutCheck>('POST', '/opt-outs/check', question)).body).toMatchObject({ given: 2, contacts: 2 })
  expect(await isOut('ann@one.example')).toBe(false)
  expect(await outDomain('*@ONE.example')).toMatchObject({
    status: 201,
    body: { domain: 'one.example', newRules: 1, optedOut: 2, alreadyOptedOut: 0 },
  })
  expect(await isOut('ann@one.example')).toBe(true)
  expect(await isOut('archived@one.example')).toBe(true)
  expect(await isOut('bob@other-one.example')).toBe(false)
  expect(await isOut('eve@sub.one.example')).toBe(false)
  expect((await outDomain('one.example')).body).toMatchObject({ newRules: 0, optedOut: 0, alreadyOptedOut: 2 })
})

test('whoever comes to an opted-out domain later is out from the first moment, whoever writes it (INV-15)', async () => {
  await outDomain('later.example')
  await insertContact(core, accountId, 'raw@later.example')
  expect(await isOut('raw@later.example')).toBe(true)
  expect(await api('POST', '/contacts', { address: 'new@later.example' })).toMatchObject({
    status: 409,
    body: { code: 'contact.opted_out' },
  })
  const { body: free } = await api<Contact>('POST', '/contacts', { address: 'moves@post.example' })
  expect(await api('PATCH', `/contacts/${free.id}`, { address: 'moves@later.example' })).toMatchObject({ status: 409 })
  expect((await api<Contact>('GET', `/contacts/${free.id}`)).body.address).toBe('moves@post.example')
})

test('an import counts people of an opted-out domain as opted out and does not add them (INV-5)', async () => {
  await outDomain('closed.example')
  const { body: group } = await api<{ id: string }>('POST', '/groups', { name: 'Imported' })
  const form = new FormData()
  form.set('options', JSON.stringify({ groupIds: [group.id] }))
  form.set('file', new Blob(['Email\nin@closed.example\nout@post.example\n']), 'people.csv')
  const { body: started } = await api<{ id: string }>('POST', '/imports', form)
  await expect
    .poll(async () => (await api<{ status: string }>('GET', `/imports/${started.id}`)).body.status, { timeout: 20_000 })
    .toBe('done')
  const { body: done } = await api<{ counts: unknown; notes: unknown }>('GET', `/imports/${started.id}`)
  expect(done.counts).toMatchObject({ rows: 2, added: 1, optedOut: 1 })
  expect(done.notes).toMatchObject({ optedOutBefore: 1, optedOutByFile: 0 })
  const { body } = await api<{ items: unknown[] }>('GET', '/contacts?search=in@closed.example')
  expect(body.items).toEqual([])
})

test('hashed lists find contacts by MD5, SHA-1 and SHA-256, in any case, now and later', async () => {
  await insertContact(core, accountId, 'Here.Now@post.example')
  const lines = [
    md5('here.now@post.example').toUpperCase(),
    ` ${sha1('comes.1@post.example')} `,
    sha256('comes.2@post.example'),
  ]
  const { body: check } = await api<OptOutCheck>('POST', '/opt-outs/check', {
    hashes: [...lines, 'abc', lines[0] ?? ''],
  })
  expect(check).toMatchObject({ given: 5, contacts: 1, notContacts: 2, invalid: 1, duplicates: 1 })
  expect(check.rows).toEqual([expect.objectContaining({ index: 3, text: 'abc', state: 'invalid' })])
  expect((await outHashes(...lines)).body).toEqual({ domain: null, newRules: 3, optedOut: 1, alreadyOptedOut: 0 })
  expect(await isOut('here.now@post.example')).toBe(true)
  for (const address of ['Comes.1@post.example', 'comes.2@POST.example']) {
    expect(await api('POST', '/contacts', { address })).toMatchObject({ status: 409 })
    await insertContact(core, accountId, address)
    expect(await isOut(address)).toBe(true)
  }
})

test('a hash of the canonical spelling counts as well', async () => {
  await outHashes(sha256('ann@xn--bcher-kva.example'))
  await insertContact(core, accountId, 'Ann@Bücher.example')
  expect(await isOut('ann@bücher.example')).toBe(true)
})

test('an erased contact under a rule is out again when it comes back (INV-16)', async () => {
  await outDomain('erased.example')
  const id = await insertContact(core, accountId, 'back@erased.example')
  await api('DELETE', `/contacts/${id}`)
  await insertContact(core, accountId, 'back@erased.example')
  expect(await isOut('back@erased.example')).toBe(true)
})

test('domains of free mail and lines that are no domains are refused with a reason', async () => {
  for (const domain of ['gmail.com', '*@GMX.de', 'example', '', 'a b.example', 'x@y@z.example'])
    expect(await outDomain(domain)).toMatchObject({ status: 400, body: { code: 'optout.invalid_domain' } })
  expect(readDomain('@Bücher.example.')).toBe('xn--bcher-kva.example')
  expect(await outHashes('xyz')).toMatchObject({ status: 400, body: { code: 'optout.no_hash' } })
  expect(readHashes([md5('a'), md5('a')])).toMatchObject({ duplicates: 1, invalid: [] })
})

test('rules are listed with who made them, and belong to one account (SE-9)', async () => {
  const { apiKey } = await program.anotherAccount('Rules of others')
  await api('POST', '/opt-outs/domains', { domain: 'listed.example', note: 'asked by ann@listed.example' })
  const { body } = await api<{ items: OptOutRule[] }>('GET', '/opt-outs/rules?limit=1')
  expect(body.items[0]).toMatchObject({
    kind: 'domain',
    domain: 'listed.example',
    by: 'Tests',
    note: 'asked by a***@l***.example',
  })
  expect((await api<{ items: OptOutRule[] }>('GET', '/opt-outs/rules', undefined, apiKey)).body.items).toEqual([])
  expect(await api('POST', '/contacts', { address: 'free@listed.example' }, apiKey)).toMatchObject({ status: 201 })
})

test('the program itself can neither take a rule away nor change it (INV-3)', async () => {
  for (const statement of [
    sql`delete from optout_domains where account_id = ${accountId}`,
    sql`update optout_domains set domain = 'x.example' where account_id = ${accountId}`,
    sql`delete from optout_hashes where account_id = ${accountId}`,
    sql`delete from accounts_with_rules where account_id = ${accountId}`,
  ])
    await expect(run(core.db, statement)).rejects.toThrow(/permission denied/)
  await expect(run(core.asOwner.db, sql`delete from optout_domains`)).rejects.toThrow(/append-only/)
})

test('a contact that is being written while its domain opts out is out when both are done (SE-11)', async () => {
  const address = 'between@held.example'
  const key = keyOf(core, address)
  const held = await holdTransaction(core.asOwner)
  await held.query(
    `insert into contacts (account_id, address, canonical, address_key) values (${accountId}, '${address}', '${address}', $1)`,
    [key],
  )
  const ruling = outDomain('held.example')
  await whenWaiting(core)
  expect(await isDoneSoon(core, ruling)).toBe(false)
  await held.end('commit')
  expect((await ruling).body).toMatchObject({ optedOut: 1 })
  expect(await isOut(address)).toBe(true)
})

test('the ledger tells of a rule in one entry, without any address (LW-9, LW-12)', async () => {
  const entries = await rows(
    core.db,
    sql<{ evidence: Record<string, unknown> }>`
    select evidence from optout_ledger where account_id = ${accountId} and evidence ? 'domain' and evidence ->> 'domain' = 'one.example'`,
  )
  expect(entries).toHaveLength(2)
  expect(JSON.stringify(entries)).not.toContain('ann@')
})
