// INV-1 as a property: after any sequence of everything that people and programs can do, nobody who ever opted out
// can be mailed. PROMISE_RUNS sequences; fast-check prints seed and shrunk sequence when one fails.
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { isAddress, readAddress } from '../src/optouts/address.ts'
import { rows, sql } from '../src/platform/database.ts'
import { actOnMany } from './promise-bulk.ts'
import { eraseList } from './promise-identity.ts'
import { makeTopic, pressAs } from './promise-preferences.ts'
import {
  addContact,
  changeAll,
  doToGroup,
  fresh,
  importFile,
  leaveByLink,
  makeGroup,
  sendToAll,
  signUp,
  startWorld,
  undoLast,
  type World,
  whenSent,
} from './promise-world.ts'
import { keyOf } from './sample.ts'
import { linkTo, press } from './sign-up.ts'

const RUNS = Number(process.env.PROMISE_RUNS ?? 5)
const LENGTH = 14

let world: World
let topic: string
beforeAll(async () => {
  world = await startWorld()
  topic = await makeTopic(world)
})

type Life = { addresses: string[]; groups: string[]; ever: Set<string> }
type Step = { act: number; who: number; other: number; group: number }

const hex = (address: string) => keyOf(world.core, address).toString('hex')

async function idOf(address: string): Promise<string> {
  const read = readAddress(address)
  const canonical = isAddress(read) ? read.canonical : ''
  const found = await rows(
    world.core.db,
    sql<{ contact_id: string }>`
    select contact_id from contacts where account_id = ${world.accountId} and canonical = ${canonical}`,
  )
  return found[0]?.contact_id ?? '999999999'
}
const on = async (address: string, method: string, path: string, body?: unknown) =>
  world.call(method, `/contacts/${await idOf(address)}${path}`, body)

type Act = {
  name: string
  weight?: number
  run: (life: Life, who: string, other: string, group: string) => Promise<unknown>
}

/** Opts out for certain: the address is in the model from the moment that this is answered. */
const leaving = (name: string, run: (who: string) => Promise<unknown>): Act => ({
  name,
  run: async ({ ever }, who) => {
    await run(who)
    ever.add(hex(who))
  },
})

const kinds: Act[] = [
  leaving('leaves by link', (who) => leaveByLink(world, who)),
  leaving('is opted out by the API', (who) => world.call('POST', '/opt-outs', { addresses: [who.toUpperCase()] })),
  leaving('is opted out by a file', (who) => importFile(world, `Email\n${who}\n`, { asOptOuts: true })),
  { name: 'chooses a topic', run: (_life, who) => pressAs(world, who, 'save', { offered: topic, topic }) },
  { name: 'leaves a topic', run: (_life, who) => pressAs(world, who, 'save', { offered: topic }) },
  { name: 'pauses', run: (_life, who) => pressAs(world, who, 'save', { pause: '30' }) },
  { name: 'is opted out by an operator', run: (_life, who) => on(who, 'POST', '/status', { status: 'opt_out' }) },
  { name: 'whole group is opted out', run: (_life, _who, _other, group) => changeAll(world, group, 'opt_out') },
  {
    name: 'is added',
    run: (_life, who, _other, group) => world.call('POST', '/contacts', { address: who, groupIds: [group] }),
  },
  { name: 'is edited', run: (_life, who) => on(who, 'PATCH', '', { fields: { first_name: fresh('Name ') } }) },
  { name: 'gets the address of another', run: (_life, who, other) => on(who, 'PATCH', '', { address: other }) },
  { name: 'is made active', run: (_life, who) => on(who, 'POST', '/status', { status: 'active' }) },
  { name: 'is made error', run: (_life, who) => on(who, 'POST', '/status', { status: 'error' }) },
  { name: 'whole group is made active', run: (_life, _who, _other, group) => changeAll(world, group, 'active') },
  { name: 'whole group is made error', run: (_life, _who, _other, group) => changeAll(world, group, 'error') },
  { name: 'joins a group', run: (_life, who, _other, group) => on(who, 'POST', '/groups', { groupIds: [group] }) },
  { name: 'leaves a group', run: (_life, who, _other, group) => on(who, 'DELETE', `/groups/${group}`) },
  { name: 'is archived', run: (_life, who) => on(who, 'POST', '/archive') },
  { name: 'is restored', run: (_life, who) => on(who, 'POST', '/restore') },
  { name: 'is released', run: (_life, who) => on(who, 'POST', '/release') },
  { name: 'is erased', run: (_life, who) => on(who, 'DELETE', '') },
  { name: 'is erased by a list', run: (_life, who, other) => eraseList(world, [who, other]) },
  {
    name: 'is merged with another',
    run: async (_life, who, other) => on(who, 'POST', '/merge', { otherId: await idOf(other) }),
  },
  ...['add_and_update', 'add_only', 'update_only'].map(
    (mode): Act => ({
      name: `is imported with others, ${mode}`,
      run: (life, who, other, group) =>
        importFile(
          world,
          [
            'Email,First name',
            `${who.toUpperCase()},A`,
            `${other},B`,
            ...life.addresses.map((each) => `${each},C`),
          ].join('\n'),
          { mode, groupIds: [group] },
        ),
    }),
  ),
  ...[
    { type: 'set_status', status: 'active' },
    { type: 'set_status', status: 'error' },
    { type: 'set_status', status: 'opt_out' },
    { type: 'archive' },
    { type: 'restore' },
  ].map(
    (act): Act => ({
      name: `is selected with another, ${Object.values(act).join(' ')}`,
      run: async (_life, who, other) => actOnMany(world, { ids: [await idOf(who), await idOf(other)] }, act),
    }),
  ),
  {
    name: 'everybody in a group joins another',
    run: ({ groups }, _who, _other, group) =>
      actOnMany(
        world,
        { filter: { groupId: group, archived: false } },
        { type: 'add_to_group', groupId: groups.find((one) => one !== group) ?? group },
      ),
  },
  {
    name: 'everybody in a group is copied to another',
    run: ({ groups }, _who, _other, group) =>
      doToGroup(world, group, 'copy', { to: { groupId: groups.find((one) => one !== group) ?? group } }),
  },
  { name: 'a group is emptied', run: (_life, _who, _other, group) => doToGroup(world, group, 'members/all/remove') },
  {
    name: 'is pasted into a group with another',
    run: (_life, who, other, group) =>
      world.call('POST', `/groups/${group}/addresses`, { addresses: [who, other.toUpperCase()], addUnknown: true }),
  },
  {
    name: 'is erased with a selection',
    run: async (_life, who) => actOnMany(world, { ids: [await idOf(who)] }, { type: 'erase', count: 1 }),
  },
  { name: 'the newest import is undone', run: () => undoLast(world) },
  { name: 'signs up', run: (_life, who) => signUp(world, who) },
  { name: 'confirms', run: confirm },
  {
    name: 'signs up and confirms',
    weight: 6,
    run: async (life, who) => (await signUp(world, who), confirm(life, who)),
  },
  { name: 'a mailing goes out', run: (life) => send(life) },
]

/** As often as they shall come. */
const acts = kinds.flatMap((act) => Array.from({ length: act.weight ?? 1 }, () => act))

/** Presses the button in the last confirmation mail, if there is one: the only thing that takes an address out of the model. */
async function confirm(life: Life, who: string) {
  const link = await linkTo(world.core, world.accountId, who)
  if (link === null) return
  const answer = await press(link)
  expect(answer.status, await answer.text()).toBe(200)
  life.ever.delete(hex(who))
  const statuses = await rows(
    world.core.db,
    sql<{ status: string }>`
    select state.status from contacts contact join contact_status state using (account_id, contact_id)
    where contact.account_id = ${world.accountId} and contact.address_key = ${keyOf(world.core, who)} and contact.archived_at is null`,
  )
  expect(statuses.map(({ status }) => status)).toContain('active')
}

async function send(life: Life) {
  const before = world.server.named.length
  const out = new Set(life.ever)
  await whenSent(world, await sendToAll(world))
  expect(world.server.named.slice(before).filter((address) => out.has(hex(address)))).toEqual([])
}

/** What must hold after every step, worked out from the addresses as they stand there, not from their stored keys. */
async function check(life: Life) {
  const standing = await rows(
    world.core.db,
    sql<{
      key: string
    }>`select encode(address_key, 'hex') as key from standing_optouts where account_id = ${world.accountId}`,
  )
  const now = new Set(standing.map(({ key }) => key))
  expect([...life.ever].filter((key) => !now.has(key))).toEqual([])
  for (const key of now) life.ever.add(key)
  const mailable = await rows(
    world.core.db,
    sql<{ address: string }>`select address from mailable_contacts where account_id = ${world.accountId}`,
  )
  expect(mailable.filter(({ address }) => life.ever.has(hex(address)))).toEqual([])
  const statuses = await rows(
    world.core.db,
    sql<{ address: string; status: string }>`
    select contact.address, state.status from contacts contact join contact_status state using (account_id, contact_id) where contact.account_id = ${world.accountId}`,
  )
  for (const { address, status } of statuses) expect(status === 'opt_out', address).toBe(life.ever.has(hex(address)))
}

const step = fc.record({ act: fc.nat(acts.length - 1), who: fc.nat(5), other: fc.nat(5), group: fc.nat(1) })

test(`after any sequence of acts nobody who ever opted out can be mailed (INV-1, INV-22)`, {
  timeout: 60_000 + RUNS * 60_000,
}, async () => {
  await addContact(world, 'always.there@post.example', [await makeGroup(world)])
  const ever = new Set<string>()
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: LENGTH, size: 'max' }), async (steps: Step[]) => {
      const name = fresh('p')
      const life: Life = {
        addresses: [
          `${name}@post.example`,
          `${name}+tag@post.example`,
          `${name}x@gmail.com`,
          `${name}.x+y@googlemail.com`,
          `other.${name}@post.example`,
          `q${name}@büro.example`,
        ],
        groups: [await makeGroup(world), await makeGroup(world)],
        ever,
      }
      for (const { act, who, other, group } of steps) {
        await acts[act]?.run(life, life.addresses[who] ?? '', life.addresses[other] ?? '', life.groups[group] ?? '')
        await check(life)
      }
      await send(life)
      await check(life)
    }),
    { numRuns: RUNS, endOnFailure: true, reporter: report },
  )
})

function report(result: fc.RunDetails<[Step[]]>) {
  if (!result.failed) return
  const steps = result.counterexample?.[0].map(
    ({ act, who, other, group }) => `${who} ${acts[act]?.name} (${other}, group ${group})`,
  )
  throw new Error(
    `seed ${result.seed}, path ${result.counterexamplePath ?? ''}:\n${steps?.join('\n') ?? ''}\n${String(result.errorInstance)}`,
  )
}
