// kill -9 in the middle of the three long works: the next start, or the same program, brings each to its one right end.
import type pg from 'pg'
import { expect, test } from 'vitest'
import type { AudienceImport } from '../../src/audience/import.contract.ts'
import type { Job } from '../../src/platform/job.contract.ts'
import { startMailServer } from '../smtp.ts'
import {
  countContacts,
  csvFile,
  endOfImport,
  endOfJob,
  endOfMailing,
  groupNamed,
  importFile,
  postImport,
  sendTo,
  startJourney,
} from './journey.ts'

const CONNECTIONS = 4
const RECIPIENTS = 300
const ROWS = 20_000
const LONG = { timeout: 240_000 }
const PATIENT = { timeout: 100_000, interval: 20 }

/** Set by a test: what happens when so many messages have arrived. */
let onMessage = (_count: number): void | Promise<void> => {}
const mail = await startMailServer({}, { onMessage: (count) => onMessage(count) })
const journey = await startJourney({
  SMTP_URL: `smtp://127.0.0.1:${mail.port}?tls=none`,
  SMTP_CONNECTIONS: String(CONNECTIONS),
})

test('kill -9 while a file is read and again while it is written: no row is lost or doubled (IM-7)', LONG, async () => {
  const { text, counts } = csvFile({
    rows: ROWS,
    seed: 11,
    bom: true,
    semicolons: true,
    duplicates: true,
    invalid: true,
  })
  const address = await addContactOfLine(text, ROWS - 1)
  const started = await postImport(journey, text, { newGroups: ['Killed import'] })
  const { id } = started.body
  await expect
    .poll(async () => progressOf(id), PATIENT)
    .toMatchObject({ phase: 'read', bytes_done: expect.any(Number) })
  await journey.kill()
  expect(await progressOf(id)).toMatchObject({ status: 'running', phase: 'read' })
  expect(await number('select count(*) from import_rows where import_id = $1', id)).toBe(0)

  const hold = await heldContact(address)
  await journey.restart()
  await untilSomebodyWaits(hold)
  await journey.kill()
  const killed = await progressOf(id)
  expect(killed).toMatchObject({ status: 'running', phase: 'apply' })
  expect(killed.applied_line).toBeGreaterThan(0)
  expect(killed.applied_line).toBeLessThan(ROWS)
  await journey.restart()
  await release(hold)

  const done = await endOfImport(journey, id)
  expect(done).toMatchObject({ status: 'done', problem: null })
  expect(done.counts).toEqual({ ...NOTHING, ...counts, added: counts.added - 1, updated: 1 })
  expect(await countContacts(journey)).toBe(counts.added)
  expect((await groupNamed(journey, 'Killed import')).counts).toEqual({ active: counts.added, error: 0, optOut: 0 })
  expect(await number('select count(*) from import_rows where import_id = $1 and outcome is not null', id)).toBe(ROWS)
})

test('kill -9 while a group is opted out: it happens once and whole (INV-17)', LONG, async () => {
  const group = await groupNamed(journey, 'Killed import')
  const members = group.counts.active
  const [first, other] = await addressesOf(group.id)
  const already = await journey.api('POST', '/opt-outs', { addresses: [first] })
  expect(already.body).toMatchObject({ optedOut: 1 })
  const hold = await heldOptOut(other ?? '')
  const { status, body: job } = await journey.api<Job>('POST', `/groups/${group.id}/status`, { status: 'opt_out' })
  expect(status).toBe(202)
  await untilSomebodyWaits(hold)
  await journey.kill()
  expect(await number(`select count(*) from jobs where job_id = $1 and status = 'running'`, job.id)).toBe(1)
  expect(await number('select count(*) from standing_optouts where account_id = $1', '1')).toBe(1)
  await release(hold)
  await journey.restart()

  const done = await endOfJob(journey, job.id)
  expect(done).toMatchObject({ status: 'done', result: { optedOut: members - 1, alreadyOptedOut: 1 } })
  expect(await number('select count(*) from standing_optouts where account_id = $1', '1')).toBe(members)
  expect(await number(`select count(*) from optout_ledger where source = 'bulk' and account_id = $1`, '1')).toBe(1)
  expect((await groupNamed(journey, 'Killed import')).counts).toEqual({ active: 0, error: 0, optOut: members })
})

test('kill -9 while a mailing is sent: nobody gets it twice, and what was on the wire is unknown', LONG, async () => {
  const groupId = await readers('Killed mailing')
  const before = mail.messages.length
  let silent = true
  onMessage = (count) => (silent && count > before + 100 ? new Promise<void>(() => {}) : undefined)
  const id = await sendTo(journey, groupId, 'Killed while it was sent')
  await expect.poll(() => mail.messages.length, PATIENT).toBe(before + 100 + CONNECTIONS)
  await expect.poll(() => statesOf(id), PATIENT).toMatchObject({ accepted: 100, handed_over: CONNECTIONS })
  await journey.kill()
  silent = false
  await journey.restart()

  const sent = await endOfMailing(journey, id)
  expect(sent.counts).toMatchObject({
    recipients: RECIPIENTS,
    accepted: RECIPIENTS - CONNECTIONS,
    unknown: CONNECTIONS,
    queued: 0,
  })
  expectOnceEach(
    mail.messages.slice(before).map(({ to }) => to),
    RECIPIENTS,
  )
})

test('kill -9 of the database while a file is written: the program brings the import to its end', LONG, async () => {
  const { text, counts } = csvFile({ rows: ROWS, seed: 12, semicolons: true, duplicates: true, invalid: true })
  const unlike = text.replaceAll('@post', '@mail') // nobody of the first file, who opted out
  const address = await addContactOfLine(unlike, ROWS - 1)
  const before = await countContacts(journey)
  const hold = await heldContact(address)
  const { body } = await postImport(journey, unlike, { newGroups: ['Killed database'] })
  await untilSomebodyWaits(hold)
  const killed = await progressOf(body.id)
  expect(killed.applied_line).toBeGreaterThan(0)
  await journey.killDatabase()

  const done = await endOfImport(journey, body.id)
  expect(done).toMatchObject({ status: 'done', problem: null })
  expect(done.counts).toEqual({ ...NOTHING, ...counts, added: counts.added - 1, updated: 1 })
  expect(await countContacts(journey)).toBe(before + counts.added - 1)
  expect((await groupNamed(journey, 'Killed database')).counts.active).toBe(counts.added)
})

test('kill -9 of the database while a mailing is sent: the program goes on, nobody gets it twice', LONG, async () => {
  const groupId = await readers('Database killed')
  const before = mail.messages.length
  const killing: Promise<void>[] = []
  onMessage = (count) => {
    if (count === before + 100) killing.push(journey.killDatabase())
  }
  const id = await sendTo(journey, groupId, 'Database killed while it was sent')
  const sent = await endOfMailing(journey, id)
  expect(killing).toHaveLength(1)
  await Promise.all(killing)
  const { accepted, unknown } = sent.counts
  expect(sent.counts).toMatchObject({ recipients: RECIPIENTS, queued: 0, bounced: 0, withheld: 0 })
  expect(accepted + unknown).toBe(RECIPIENTS)
  expect(unknown).toBeLessThanOrEqual(CONNECTIONS)
  const reached = mail.messages.slice(before).map(({ to }) => to)
  expect(reached.length).toBeGreaterThanOrEqual(accepted)
  expectOnceEach(reached, reached.length)
})

const NOTHING: AudienceImport['counts'] = {
  rows: 0,
  added: 0,
  updated: 0,
  unchanged: 0,
  duplicates: 0,
  invalid: 0,
  optedOut: 0,
  held: 0,
}

async function withDatabase<Result>(work: (database: pg.Client) => Promise<Result>): Promise<Result> {
  const database = await journey.database()
  try {
    return await work(database)
  } finally {
    await database.end()
  }
}

const number = (query: string, value: string) =>
  withDatabase(async (database) => Number((await database.query<{ count: string }>(query, [value])).rows[0]?.count))

/** How far an import is, as a restart would find it. */
const progressOf = (id: string) =>
  withDatabase(async (database) => {
    const { rows } = await database.query<{ status: string; phase: string; applied_line: number; bytes_done: number }>(
      `select status, phase, applied_line, nullif(bytes_done, 0)::int as bytes_done from imports where import_id = $1`,
      [id],
    )
    if (!rows[0]) throw new Error('there is no such import')
    return rows[0]
  })

const statesOf = (mailingId: string) =>
  withDatabase(async (database) => {
    const { rows } = await database.query<{ state: string; count: number }>(
      'select state, count(*)::int from messages where mailing_id = $1 group by state',
      [mailingId],
    )
    return Object.fromEntries(rows.map(({ state, count }) => [state, count]))
  })

/** Adds the person of one line of a file beforehand, with another name: the import will change them. */
async function addContactOfLine(text: string, line: number): Promise<string> {
  const address = text.split('\r\n')[line]?.split(';')[0] ?? ''
  const { status } = await journey.api('POST', '/contacts', { address, fields: { first_name: 'Somebody' } })
  expect([status, address]).toEqual([201, expect.stringContaining('@')])
  return address
}

/** Keeps a contact locked, so that whoever writes it stands still in the middle of its work. */
async function heldContact(address: string): Promise<pg.Client> {
  const hold = await journey.database()
  await hold.query('begin')
  const { rowCount } = await hold.query('select from contacts where address = $1 for update', [address])
  expect(rowCount).toBe(1)
  return hold
}

/** Keeps an opt-out undecided, so that whoever opts out the same address stands still. */
async function heldOptOut(address: string): Promise<pg.Client> {
  const hold = await journey.database()
  await hold.query('begin')
  const { rowCount } = await hold.query(
    `insert into standing_optouts (account_id, address_key, entry_id, source, opted_out_at)
     select account_id, address_key, 999999, 'api', now() from contacts where address = $1`,
    [address],
  )
  expect(rowCount).toBe(1)
  return hold
}

const BLOCKED = 'select from pg_stat_activity where pg_backend_pid() = any (pg_blocking_pids(pid))'

/** Comes back when somebody stands still because of `hold`. */
async function untilSomebodyWaits(hold: pg.Client) {
  const waiting = async () => (await hold.query(BLOCKED)).rowCount
  await expect.poll(waiting, PATIENT).toBeGreaterThan(0)
}

async function release(hold: pg.Client) {
  await hold.query('rollback')
  await hold.end()
}

async function addressesOf(groupId: string): Promise<string[]> {
  type Listed = { items: { address: string }[] }
  const { body } = await journey.api<Listed>('GET', `/contacts?groupId=${groupId}&limit=2`)
  return body.items.map(({ address }) => address)
}

let files = 0
/** A new group of people who may receive. */
async function readers(name: string): Promise<string> {
  files += 1
  const lines = Array.from({ length: RECIPIENTS }, (_, index) => `reader${files}-${index}@post.example`)
  const done = await importFile(journey, `address\n${lines.join('\n')}\n`, { newGroups: [name] })
  expect(done.counts.added).toBe(RECIPIENTS)
  return (await groupNamed(journey, name)).id
}

function expectOnceEach(reached: string[], times: number) {
  expect(reached).toHaveLength(times)
  expect(new Set(reached).size).toBe(times)
}
