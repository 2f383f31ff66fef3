import { beforeAll, expect, test } from 'vitest'
import { type Program, startProgram } from '../../test/program.ts'
import { insertContact, keyOf } from '../../test/sample.ts'
import { holdTransaction, isDoneSoon, whenWaiting } from '../../test/waiting.ts'
import { signLink } from '../optouts/link.ts'
import { optOut } from '../optouts/optout.ts'
import { row, rows, run, sql } from '../platform/database.ts'
import type { Organization } from './organization.contract.ts'

let program: Program
let sister: string
let stranger: string
beforeAll(async () => {
  program = await startProgram({ jobs: false })
  await run(program.core.db, sql`update accounts set name = 'Fernmoor Garden' where account_id = ${program.accountId}`)
  sister = await addAccount('Fernmoor Shop')
  const { api } = await program.signIn()
  const named = await api<Organization>('PATCH', '/organization', { name: ' Fernmoor Trust ' })
  expect(named).toMatchObject({ status: 200, body: { name: 'Fernmoor Trust', oneOptOutSince: null } })
  stranger = (await program.anotherAccount('Somebody else')).accountId
})

const addAccount = async (name: string) =>
  (
    await row(
      program.core.db,
      sql<{ account_id: string }>`
      insert into accounts (organization_id, name) select organization_id, ${name} from accounts
      where account_id = ${program.accountId} returning account_id`,
    )
  ).account_id

let made = 0
const newAddress = () => `olga.${++made}@post.example`
const linkOf = (address: string, path = 'o') => {
  const { core, accountId, url } = program
  const { token } = signLink(core.keys.link, { accountId, addressKey: keyOf(core, address), mailingId: null })
  return `${url}/${path}/${token}`
}
const isOut = async (address: string, accountId: string) =>
  (
    await rows(
      program.core.db,
      sql`select from standing_optouts where account_id = ${accountId} and address_key = ${keyOf(program.core, address)}`,
    )
  ).length === 1
const outOf = async (address: string) =>
  Promise.all([program.accountId, sister, stranger].map((account) => isOut(address, account)))

async function set(oneOptOut: boolean): Promise<Organization> {
  const { api } = await program.signIn()
  const { status, body } = await api<Organization>('PATCH', '/organization', { oneOptOut })
  expect(status).toBe(200)
  return body
}

test('an opt-out is one from its account alone until the owner wants more', async () => {
  const address = newAddress()
  await fetch(linkOf(address), { method: 'POST' })
  expect(await outOf(address)).toEqual([true, false, false])
  expect(await (await fetch(linkOf(newAddress()))).text()).not.toContain('Fernmoor Trust')
})

test('turned on, link, one click and preferences page opt out of every account of the organization, and of no other', async () => {
  const on = await set(true)
  expect(on).toMatchObject({ name: 'Fernmoor Trust', accounts: ['Fernmoor Garden', 'Fernmoor Shop'] })
  expect(on.oneOptOutSince).not.toBeNull()
  for (const [path, body, source] of [
    ['o', '', 'link'],
    ['o', 'List-Unsubscribe=One-Click', 'one_click'],
    ['p', 'act=optout', 'preferences'],
  ] as const) {
    const address = newAddress()
    await insertContact(program.core, sister, address)
    const answer = await fetch(linkOf(address, path), { method: 'POST', body })
    if (source !== 'one_click')
      expect(await answer.text()).toContain(
        'An opt-out here holds for all mail from <bdi lang="en">Fernmoor Trust</bdi>, whichever name it is sent under.',
      )
    expect(await outOf(address)).toEqual([true, true, false])
    const entries = await rows(
      program.core.db,
      sql`select source, evidence -> 'account' as account from optout_ledger
          where account_id = ${sister} and address_key = ${keyOf(program.core, address)}`,
    )
    expect(entries).toEqual([{ source, account: Number(program.accountId) }])
  }
})

test('the pages say so before anybody presses a button', async () => {
  const address = newAddress()
  await insertContact(program.core, program.accountId, address)
  for (const path of ['o', 'p']) {
    expect(await (await fetch(linkOf(address, path))).text()).toContain('Fernmoor Trust</bdi>, whichever name')
    expect(await (await fetch(`${linkOf(address, path)}?lang=ar`)).text()).toContain('Fernmoor Trust</bdi>')
  }
})

test('what waits to be sent in the other accounts is withheld in the same transaction', async () => {
  const address = newAddress()
  const contactId = await insertContact(program.core, sister, address)
  await run(
    program.core.db,
    sql`insert into messages (account_id, mailing_id, contact_id, address_key) values (${sister}, 1, ${contactId}, ${keyOf(program.core, address)})`,
  )
  await fetch(linkOf(address), { method: 'POST' })
  const [message] = await rows(
    program.core.db,
    sql<{ state: string }>`select state from messages where account_id = ${sister} and contact_id = ${contactId}`,
  )
  expect(message?.state).toBe('withheld')
})

test('what an operator or the API opts out stays in its account', async () => {
  const address = newAddress()
  await program.api('POST', '/opt-outs', { addresses: [address] })
  expect(await outOf(address)).toEqual([true, false, false])
})

test('turning it on carries what people said before, and a new account starts with it', async () => {
  await set(false)
  const [before, byOperator] = [newAddress(), newAddress()]
  await fetch(linkOf(before), { method: 'POST' })
  await program.api('POST', '/opt-outs', { addresses: [byOperator] })
  expect(await outOf(before)).toEqual([true, false, false])
  await set(true)
  expect(await outOf(before)).toEqual([true, true, false])
  expect(await outOf(byOperator)).toEqual([true, false, false])
  const later = await addAccount('Fernmoor Courses')
  expect(await isOut(before, later)).toBe(true)
  expect(await isOut(byOperator, later)).toBe(false)
})

test('turning it off frees nobody', async () => {
  const address = newAddress()
  await fetch(linkOf(address), { method: 'POST' })
  const count = () =>
    row(
      program.core.db,
      sql`select count(*)::int as standing, (select count(*)::int from optout_ledger) as entries from standing_optouts`,
    )
  const all = await count()
  await set(false)
  expect(await count()).toEqual(all)
  expect(await outOf(address)).toEqual([true, true, false])
  await set(true)
})

test('only a signed-in person turns it, and it is in the trail (INV-25)', async () => {
  expect(await program.api('PATCH', '/organization', { oneOptOut: false })).toMatchObject({
    status: 403,
    body: { code: 'request.forbidden' },
  })
  expect((await program.api<Organization>('GET', '/organization')).body.oneOptOutSince).not.toBeNull()
  const acts = await rows(
    program.core.db,
    sql`select subject from audit_events where account_id = ${program.accountId} and act = 'organization.changed' and user_id is not null`,
  )
  expect(acts.length).toBeGreaterThan(0)
  await expect(run(program.core.db, sql`update organizations set one_optout_since = null`)).rejects.toThrow(
    /permission denied/,
  )
})

test('an opt-out under way while it is turned on is carried by it (SE-11)', async () => {
  await set(false)
  const address = newAddress()
  const leaving = await holdTransaction(program.core)
  await leaving.query(`select * from record_optouts($1, array[$2::bytea], 'link', null, null, null, '{}')`, [
    program.accountId,
    keyOf(program.core, address),
  ])
  const turning = set(true)
  await whenWaiting(program.core.asOwner)
  await leaving.end('commit')
  await turning
  expect(await outOf(address)).toEqual([true, true, false])
})

test('opt-outs of different people do not wait for each other', async () => {
  const leaving = await holdTransaction(program.core)
  await leaving.query(`select * from record_optouts($1, array[$2::bytea], 'link', null, null, null, '{}')`, [
    program.accountId,
    keyOf(program.core, newAddress()),
  ])
  const other = optOut(program.core.db, sister, [keyOf(program.core, newAddress())], { source: 'link' })
  expect(await isDoneSoon(program.core.asOwner, other)).toBe(true)
  await leaving.end('commit')
  await other
})

test('two opt-outs of one person from two accounts are both answered', async () => {
  const key = keyOf(program.core, newAddress())
  await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      optOut(program.core.db, n % 2 ? sister : program.accountId, [key], { source: 'link' }),
    ),
  )
  for (const account of [sister, program.accountId])
    expect(
      await rows(
        program.core.db,
        sql`select from standing_optouts where account_id = ${account} and address_key = ${key}`,
      ),
    ).toHaveLength(1)
})
