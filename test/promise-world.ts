// The world of the promise suite: the whole program, its sender, and a mail server that records every recipient.
import { afterAll, expect } from 'vitest'
import { startConfirmations } from '../src/delivery/confirmation-lane.ts'
import { type Sender, startSender } from '../src/delivery/sender.ts'
import { optOutUrl, signLink } from '../src/optouts/link.ts'
import { row, rows, sql } from '../src/platform/database.ts'
import { startProgram } from './program.ts'
import { keyOf } from './sample.ts'
import { fillIn, forgetLimits, linkTo } from './sign-up.ts'
import { startMailServer } from './smtp.ts'

export type Answer = { status: number; body: Record<string, unknown> }

/** A person who opts out, in a group of their own, and another who stays, so that a mailing has somebody to go to. */
export type Scene = {
  address: string
  contactId: string
  groupId: string
  stays: { address: string; contactId: string; groupId: string }
}

export type World = Awaited<ReturnType<typeof startWorld>>

export async function startWorld() {
  const server = await startMailServer({}, { keepRaw: false })
  afterAll(server.stop)
  const program = await startProgram({ config: { smtp: server.smtp, trustProxy: 'loopback' } })
  const { core, accountId } = program
  let senders: Sender[] = []
  const world = {
    program,
    server,
    core,
    accountId,
    call: (method: string, path: string, body?: unknown): Promise<Answer> => program.api(method, path, body),
    startSending: () => {
      if (senders.length === 0)
        senders = [startSender(core, program.process), startConfirmations(core, program.process)]
    },
    stopSending: async () => {
      for (const sender of senders.splice(0)) await sender.stop()
    },
  }
  afterAll(world.stopSending)
  const account = {
    name: 'Fernmoor Garden',
    senderName: 'Fernmoor Garden',
    senderAddress: 'news@fernmoor.example',
    postalAddress: '4 Glasshouse Lane, Fernmoor FM1 2GH',
  }
  expect((await world.call('PATCH', '/account', account)).status).toBe(200)
  world.startSending()
  return world
}

let made = 0
export const fresh = (prefix: string) => `${prefix}${++made}`

export async function makeScene(world: World, address = `${fresh('leaves.')}@post.example`): Promise<Scene> {
  const groupId = await makeGroup(world)
  const stays = { address: `${fresh('stays.')}@post.example`, groupId: await makeGroup(world) }
  const contactId = await addContact(world, address, [groupId])
  return {
    address,
    contactId,
    groupId,
    stays: { ...stays, contactId: await addContact(world, stays.address, [stays.groupId]) },
  }
}

export const makeGroup = async ({ call }: World) => idOf(await call('POST', '/groups', { name: fresh('Group ') }))

export const addContact = async ({ call }: World, address: string, groupIds: string[] = []) =>
  idOf(await call('POST', '/contacts', { address, fields: { first_name: 'Ines' }, groupIds }))

const idOf = ({ status, body }: Answer): string => {
  expect(status, JSON.stringify(body)).toBe(201)
  return String(body.id)
}

/** Opts out as a recipient does, with the link of a mail. */
export async function leaveByLink(
  { core, accountId, program }: World,
  address: string,
  mailingId: string | null = null,
) {
  const link = signLink(core.keys.link, { accountId, addressKey: keyOf(core, address), mailingId })
  const answer = await fetch(optOutUrl(program.url, link), { method: 'POST' })
  await answer.text()
  expect(answer.status).toBe(200)
}

/** Signs up on a form a day after the last time, and waits until the confirmation mail is settled; gives its link. */
export async function signUp({ core, accountId }: World, address: string, path = accountId): Promise<string | null> {
  await forgetLimits(core, accountId)
  const answer = await fillIn(core, path, address)
  expect(answer.status, await answer.text()).toBe(200)
  await until(
    async () => ({ status: 200, body: { open: await openConfirmations(core, accountId) } }),
    ({ body }) => body['open'] === 0,
  )
  return linkTo(core, accountId, address)
}

const openConfirmations = async ({ db }: World['core'], accountId: string) =>
  (
    await row(
      db,
      sql<{ open: number }>`
      select count(*)::int as open from confirmation_mails
      where account_id = ${accountId} and state in ('waiting', 'claimed', 'handed_over')`,
    )
  ).open

/** Imports a file and waits for its end. */
export async function importFile({ call }: World, csv: string, options: Record<string, unknown> = {}): Promise<Answer> {
  const form = new FormData()
  form.set('file', new Blob([csv]), 'people.csv')
  form.set('options', JSON.stringify(options))
  const started = await call('POST', '/imports', form)
  expect(started.status, JSON.stringify(started.body)).toBe(202)
  const ended = await until(
    () => call('GET', `/imports/${String(started.body.id)}`),
    ({ body }) => ['done', 'failed', 'cancelled'].includes(String(body.status)),
  )
  expect(ended.body.status, JSON.stringify(ended.body)).toBe('done')
  return ended
}

/** Undoes the newest import, if it can be, and waits for the job; gives the id of that import. */
export async function undoLast({ call }: World): Promise<string> {
  const { body } = await call('GET', '/imports?limit=1')
  const importId = Array.isArray(body.items) ? String(body.items[0]?.id ?? '0') : '0'
  const started = await call('POST', `/imports/${importId}/undo`)
  if (started.status === 409 || importId === '0') return importId
  expect(started.status, JSON.stringify(started.body)).toBe(202)
  const ended = await until(
    () => call('GET', `/jobs/${String(started.body.id)}`),
    ({ body: job }) => ['done', 'failed', 'cancelled'].includes(String(job.status)),
  )
  expect(ended.body.status, JSON.stringify(ended.body)).toBe('done')
  return importId
}

/** Changes the status of everybody in a group and waits for the job. */
export const changeAll = (world: World, groupId: string, status: string) =>
  doToGroup(world, groupId, 'status', { status })

/** Does something to a whole group and waits for the job. */
export async function doToGroup({ call }: World, groupId: string, act: string, body?: object): Promise<Answer> {
  const started = await call('POST', `/groups/${groupId}/${act}`, body)
  expect(started.status, JSON.stringify(started.body)).toBe(202)
  const ended = await until(
    () => call('GET', `/jobs/${String(started.body.id)}`),
    ({ body: job }) => ['done', 'failed', 'cancelled'].includes(String(job.status)),
  )
  expect(ended.body.status, JSON.stringify(ended.body)).toBe('done')
  return ended
}

/** Sends a mailing to every group there is; gives its id at once. */
export async function sendToAll({ call }: World): Promise<string> {
  const { body } = await call('GET', '/groups?limit=500')
  const groupIds = Array.isArray(body.items) ? body.items.map(({ id }: { id: string }) => id) : []
  const mailing = { name: fresh('Mailing '), subject: 'News', html: '<p>Good day</p>', groupIds }
  const mailingId = idOf(await call('POST', '/mailings', mailing))
  const sent = await call('POST', `/mailings/${mailingId}/send`, {})
  expect(sent.status, JSON.stringify(sent.body)).toBe(200)
  return mailingId
}

export const whenSent = ({ call }: World, mailingId: string) =>
  until(
    () => call('GET', `/mailings/${mailingId}`),
    ({ body }) => body.status === 'sent',
  )

/** Looks again and again until it is so; each look is a request, so nothing is hurried. */
async function until(look: () => Promise<Answer>, isSo: (answer: Answer) => boolean): Promise<Answer> {
  const deadline = Date.now() + 25_000
  for (;;) {
    const answer = await look()
    if (isSo(answer)) return answer
    if (Date.now() > deadline) throw new Error(`it did not come to this: ${JSON.stringify(answer.body)}`)
  }
}

/** Everything that would bring a person back, asked after the fact: wire, status, lock, messages. */
export async function expectGone(world: World, { address, stays }: Pick<Scene, 'address' | 'stays'>) {
  const { core, accountId, server } = world
  const key = keyOf(core, address)
  const before = server.named.length
  const mailingId = await sendToAll(world)
  await whenSent(world, mailingId)
  const named = server.named.slice(before)
  expect(named.filter((recipient) => keyOf(core, recipient).equals(key))).toEqual([])
  expect(named).toContain(stays.address)
  const messages = await rows(
    core.db,
    sql<{ state: string }>`
    select state from messages where account_id = ${accountId} and address_key = ${key} and state <> 'withheld' and handed_over_at > (
      select opted_out_at from standing_optouts where account_id = ${accountId} and address_key = ${key})`,
  )
  expect(messages).toEqual([])
  const standing = await rows(
    core.db,
    sql`select from standing_optouts where account_id = ${accountId} and address_key = ${key}`,
  )
  expect(standing).toHaveLength(1)
  const contacts = await rows(
    core.db,
    sql<{ contact_id: string; status: string }>`
    select contact.contact_id, state.status from contacts contact join contact_status state using (account_id, contact_id)
    where contact.account_id = ${accountId} and contact.address_key = ${key}`,
  )
  for (const { contact_id, status } of contacts) {
    expect(status).toBe('opt_out')
    const edit = await world.call('PATCH', `/contacts/${contact_id}`, { fields: { first_name: 'Changed' } })
    expect(edit).toMatchObject({ status: 409, body: { code: 'contact.opted_out' } })
  }
}

/** What the database holds of a contact, to see that nothing of it changed; null when it was erased. */
export const detailsOf = async ({ core, accountId }: World, contactId: string) =>
  (
    await rows(
      core.db,
      sql`
    select address, canonical, address_key, fields, import_id,
      (select array_agg(group_id order by group_id) from group_members member
       where member.account_id = contact.account_id and member.contact_id = contact.contact_id) as groups
    from contacts contact where account_id = ${accountId} and contact_id = ${contactId}`,
    )
  )[0] ?? null

/** Runs a statement as the application's own role; a refusal is what is hoped for. */
export async function tryStatement({ core }: World, text: string): Promise<void> {
  try {
    await row(core.db, sql.raw(text))
  } catch {
    // refused or without a row: the test looks at what is there afterwards
  }
}
