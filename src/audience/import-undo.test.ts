import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, expect, test, vi } from 'vitest'
import { freshDatabase } from '../../test/database.ts'
import { testCore } from '../../test/program.ts'
import { insertAccount } from '../accounts/owner.ts'
import { addressKey } from '../optouts/address.ts'
import { optOut } from '../optouts/optout.ts'
import { row, rows, sql, transaction } from '../platform/database.ts'
import { JobInterrupted } from '../platform/jobs.ts'
import { changeContact } from './contact.ts'
import { archiveContact, eraseContact } from './contact-archive.ts'
import { contactHistory } from './history.ts'
import { importOptions } from './import.contract.ts'
import { startImport, uploadImport } from './import.ts'
import { runImport } from './import-job.ts'
import { findImport } from './import-report.ts'
import { foreseeUndo, startUndo } from './import-undo.ts'
import { undoImport } from './import-undo-job.ts'

const dataDir = await mkdtemp(join(tmpdir(), 'last-word-undo-'))
afterAll(() => rm(dataDir, { recursive: true, force: true }))
const database = await freshDatabase()
const core = testCore(database, { config: { dataDir } })
const { accountId } = await transaction(core.db, (trx) => insertAccount(trx, 'Quiet Herons'))
const caller = { accountId, userId: null, apiKeyId: null, scope: 'full' } as const

const jobOf = (importId: string, progress: () => Promise<void> = async () => {}) => ({
  db: core.db,
  accountId,
  jobId: '1',
  payload: { importId },
  progress,
  isCancelAsked: async () => false,
})

async function importFile(csv: string, options: Record<string, unknown> = {}): Promise<string> {
  const importId = await uploadImport(core, caller, Readable.from([Buffer.from(csv)]), 'people.csv')
  await startImport(core, caller, importId, importOptions.parse(options))
  await runImport(core, jobOf(importId))
  return importId
}

/** Asks for the undo and does its job here; what the question before it says must be what happens. */
async function undo(importId: string) {
  const foreseen = await foreseeUndo(core.db, accountId, importId)
  await startUndo(core, caller, importId)
  expect(await undoImport(jobOf(importId))).toEqual(foreseen)
  return foreseen
}

const contact = (address: string) =>
  row(
    core.db,
    sql<{ contact_id: string; fields: Record<string, unknown>; archived: boolean; groups: string[] }>`
    select contact_id, fields, archived_at is not null as archived,
      array(select groups.name from group_members join groups using (account_id, group_id)
            where account_id = contact.account_id and contact_id = contact.contact_id order by 1) as groups
    from contacts contact where account_id = ${accountId} and canonical = ${address}`,
  )

const optOutOf = (address: string, db = core.db) =>
  optOut(db, accountId, [addressKey(core.keys.address, address)], { source: 'one_click' })

const isOut = async (address: string) =>
  (
    await rows(
      core.db,
      sql`select from standing_optouts where account_id = ${accountId} and address_key = ${addressKey(core.keys.address, address)}`,
    )
  ).length === 1

const text = (contactId: string) =>
  contactHistory(core.db, accountId, contactId).then(({ items }) => items.map((item) => item.text))

test('undoing an import archives what it added, gives former details back and leaves its groups', async () => {
  await importFile('email,first name,last name\nb1@post.example,Ben,Berg\nc1@post.example,Cleo,\n')
  const importId = await importFile(
    'email,first name,last name,Town\na1@post.example,Ann,A,Bremen\nb1@post.example,Benjamin,Berg,Kiel\nc1@post.example,Cleo,,\n',
    { newGroups: ['One'], mapping: { Town: 'new:Town' } },
  )
  expect(await undo(importId)).toEqual({ archived: 1, rolledBack: 1, leftGroups: 3, leftAlone: 0, optedOutKept: 0 })
  expect(await contact('a1@post.example')).toMatchObject({ archived: true, groups: [] })
  expect(await contact('b1@post.example')).toMatchObject({
    archived: false,
    groups: [],
    fields: { first_name: 'Ben', last_name: 'Berg' },
  })
  expect(await contact('c1@post.example')).toMatchObject({
    archived: false,
    groups: [],
    fields: { first_name: 'Cleo' },
  })
  const made = await row(
    core.db,
    sql`select (select archived_at is not null from groups where account_id = ${accountId} and name = 'One') as "group",
          (select archived_at is not null from fields where account_id = ${accountId} and name = 'town') as field`,
  )
  expect(made).toEqual({ group: true, field: true })
})

test('an import is undone once, and says by whom and with what result', async () => {
  const importId = await importFile('email\na2@post.example\n')
  expect(await findImport(core.db, accountId, importId)).toMatchObject({
    undo: null,
    undoableUntil: expect.stringMatching(/Z$/),
  })
  const result = await undo(importId)
  expect(await findImport(core.db, accountId, importId)).toMatchObject({
    undo: { status: 'done', result },
    undoableUntil: null,
  })
  await expect(startUndo(core, caller, importId)).rejects.toThrow('This import was undone already.')
  await expect(foreseeUndo(core.db, accountId, importId)).rejects.toThrow('This import was undone already.')
  expect(await undoImport(jobOf(importId))).toEqual(result)
})

test('imports that wrote nothing, held opt-outs alone, are not finished or are long ago cannot be undone', async () => {
  const dry = await importFile('email\na3@post.example\n', { dryRun: true })
  await expect(startUndo(core, caller, dry)).rejects.toThrow('Nothing was imported')
  const optOuts = await importFile('email\nout3@post.example\n', { asOptOuts: true })
  await expect(startUndo(core, caller, optOuts)).rejects.toThrow('they stay: only their holders can come back')
  const queued = await uploadImport(core, caller, Readable.from([Buffer.from('email\nq3@post.example\n')]), 'q.csv')
  await startImport(core, caller, queued, importOptions.parse({}))
  await expect(startUndo(core, caller, queued)).rejects.toThrow('not finished yet')
  await sql`update imports set finished_at = now() - interval '31 days' where account_id = ${accountId} and import_id = ${await importFile('email\nl3@post.example\n')}`.execute(
    core.db,
  )
  const { import_id: old } = await row(
    core.db,
    sql<{ import_id: string }>`select max(import_id) as import_id from imports where account_id = ${accountId}`,
  )
  await expect(startUndo(core, caller, old)).rejects.toThrow('more than 30 days ago')
  await expect(startUndo(core, caller, '999999')).rejects.toThrow('There is no such import.')
})

test('import, opt out, undo: the opted-out contact is archived or left alone, and stays out (INV-1, INV-2)', async () => {
  await importFile('email,first name\nold4@post.example,Former\n')
  const importId = await importFile('email,first name\nold4@post.example,Later\nnew4@post.example,New\n', {
    newGroups: ['Four'],
  })
  await optOutOf('old4@post.example')
  await optOutOf('new4@post.example')
  expect(await undo(importId)).toEqual({ archived: 1, rolledBack: 0, leftGroups: 0, leftAlone: 1, optedOutKept: 0 })
  expect(await contact('old4@post.example')).toMatchObject({
    archived: false,
    fields: { first_name: 'Later' },
    groups: ['Four'],
  })
  expect(await contact('new4@post.example')).toMatchObject({ archived: true, groups: ['Four'] })
  expect([await isOut('old4@post.example'), await isOut('new4@post.example')]).toEqual([true, true])
})

test('opt out, import, undo: whoever was out before is not touched by either', async () => {
  await importFile('email,first name\nold5@post.example,Former\n')
  await optOutOf('old5@post.example')
  const importId = await importFile('email,first name\nold5@post.example,Later\nnew5@post.example,New\n')
  expect(await undo(importId)).toMatchObject({ archived: 1, rolledBack: 0, leftAlone: 0 })
  expect(await contact('old5@post.example')).toMatchObject({ archived: false, fields: { first_name: 'Former' } })
  expect(await isOut('old5@post.example')).toBe(true)
})

test('import with opt-outs, undo: the opt-outs of the file stay and are counted (INV-1)', async () => {
  const importId = await importFile('email,opt out\nout6@post.example,yes\nin6@post.example,no\n')
  expect(await undo(importId)).toMatchObject({ archived: 1, optedOutKept: 1 })
  expect(await isOut('out6@post.example')).toBe(true)
})

test('contacts and details that somebody changed since are left as they are', async () => {
  await importFile('email,first name,last name\nboth7@post.example,B,Old\nlater7@post.example,L,Old\n')
  const importId = await importFile(
    'email,first name,last name\nboth7@post.example,Beth,New\nlater7@post.example,L,New\nadded7@post.example,A,A\nfree7@post.example,F,F\n',
  )
  await changeContact(core, caller, (await contact('added7@post.example')).contact_id, {
    fields: { last_name: 'Mine' },
  })
  await changeContact(core, caller, (await contact('both7@post.example')).contact_id, { fields: { last_name: 'Mine' } })
  await importFile('email,last name\nlater7@post.example,Newest\n')
  expect(await undo(importId)).toMatchObject({ archived: 1, rolledBack: 1, leftAlone: 2 })
  expect(await contact('added7@post.example')).toMatchObject({ archived: false, fields: { last_name: 'Mine' } })
  expect(await contact('both7@post.example')).toMatchObject({ fields: { first_name: 'B', last_name: 'Mine' } })
  expect(await contact('later7@post.example')).toMatchObject({ fields: { last_name: 'Newest' } })
})

test('contacts that came back from the archive return there; groups and fields that are used stay', async () => {
  await importFile('email,first name\nback8@post.example,B\nmate8@post.example,M\n')
  await archiveContact(core.db, caller, (await contact('back8@post.example')).contact_id)
  const importId = await importFile('email,first name,Pet\nback8@post.example,B,\nnew8@post.example,N,Dog\n', {
    newGroups: ['Eight'],
    mapping: { Pet: 'new:Pet' },
  })
  expect(await contact('back8@post.example')).toMatchObject({ archived: false })
  const mate = await contact('mate8@post.example')
  await sql`insert into group_members (account_id, group_id, contact_id)
            select account_id, group_id, ${mate.contact_id} from groups where account_id = ${accountId} and name = 'Eight'`.execute(
    core.db,
  )
  await changeContact(core, caller, mate.contact_id, { fields: { pet: 'Cat' } })
  expect(await undo(importId)).toMatchObject({ archived: 2, rolledBack: 0 })
  expect(await contact('back8@post.example')).toMatchObject({ archived: true })
  expect(await contact('mate8@post.example')).toMatchObject({ groups: ['Eight'], fields: { pet: 'Cat' } })
  const open = await row(
    core.db,
    sql`select (select archived_at from groups where account_id = ${accountId} and name = 'Eight') as "group",
          (select archived_at from fields where account_id = ${accountId} and name = 'pet') as field`,
  )
  expect(open).toEqual({ group: null, field: null })
})

test('details that an import cleared come back, of whatever kind they are', async () => {
  await importFile('email,first name\nclear9@post.example,C\n')
  const { contact_id: id } = await contact('clear9@post.example')
  await sql`update contacts set fields = fields || '{"age": 41, "likes": ["tea", "rain"]}' where account_id = ${accountId} and contact_id = ${id}`.execute(
    core.db,
  )
  const importId = await importFile('email,first name,Age,Likes\nclear9@post.example,,,\n', {
    emptyCells: 'clear',
    mapping: { Age: 'new:Age', Likes: 'new:Likes' },
  })
  expect(await contact('clear9@post.example')).toMatchObject({ fields: {} })
  await undo(importId)
  expect(await contact('clear9@post.example')).toMatchObject({
    fields: { first_name: 'C', age: 41, likes: ['tea', 'rain'] },
  })
})

test('an undo that is interrupted after any of its steps goes on from there, nothing is done twice', async () => {
  const lines = Array.from({ length: 11_000 }, (_, number) => `many10-${number}@post.example,x`)
  await importFile(['email,first name', ...lines.slice(0, 6_000)].join('\n'))
  const importId = await importFile(['email,first name', ...lines].join('\n').replaceAll(',x', ',y'), {
    newGroups: ['Ten'],
  })
  const foreseen = await foreseeUndo(core.db, accountId, importId)
  expect(foreseen).toEqual({ archived: 5_000, rolledBack: 6_000, leftGroups: 11_000, leftAlone: 0, optedOutKept: 0 })
  await startUndo(core, caller, importId)
  let runs = 0
  let result: unknown
  for (; result === undefined; runs++) {
    let steps = 0
    result = await undoImport(
      jobOf(importId, async () => {
        if (steps++ > 0) throw new JobInterrupted('the program ends')
      }),
    ).catch((error: unknown) => {
      if (!(error instanceof JobInterrupted)) throw error
    })
  }
  expect(runs).toBeGreaterThan(6)
  expect(result).toEqual(foreseen)
  const told = await row(
    core.db,
    sql`select count(*)::int as events, count(distinct contact_id)::int as contacts from contact_events
        where account_id = ${accountId} and kind = 'import_undone' and data ->> 'importId' = ${importId}`,
  )
  expect(told).toEqual({ events: 11_000, contacts: 11_000 })
})

test('whoever opts out while an undo waits for them keeps details and groups (INV-2)', async () => {
  await importFile('email,first name\nwait11@post.example,Former\n')
  const importId = await importFile('email,first name\nwait11@post.example,Later\n', { newGroups: ['Eleven'] })
  await startUndo(core, caller, importId)
  let running: Promise<unknown> = Promise.resolve()
  await transaction(core.db, async (trx) => {
    await optOutOf('wait11@post.example', trx)
    running = undoImport(jobOf(importId))
    await vi.waitFor(async () => {
      const waiting = await rows(
        database.asOwner.db,
        sql`select from pg_stat_activity where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0`,
      )
      expect(waiting.length).toBeGreaterThan(0)
    }, 20_000)
  })
  expect(await running).toEqual({ archived: 0, rolledBack: 0, leftGroups: 0, leftAlone: 1, optedOutKept: 0 })
  expect(await contact('wait11@post.example')).toMatchObject({ fields: { first_name: 'Later' }, groups: ['Eleven'] })
})

test('the history of a contact tells which import changed what, and that it was undone (INV-25)', async () => {
  await importFile('email,first name\nstory12@post.example,Former\n', {
    basis: { kind: 'signed_up', note: 'Ticket desk' },
  })
  const importId = await importFile('email,first name\nstory12@post.example,Later\n')
  const { contact_id: id } = await contact('story12@post.example')
  expect(await text(id)).toContain('First name changed from Former to Later by the import people.csv')
  expect(await text(id)).toContain('Added by the import people.csv, line 2: they signed up, Ticket desk')
  await undo(importId)
  expect((await text(id))[0]).toBe('The import people.csv was undone: former First name back')
})

test('erasing a person removes what imports changed about them (INV-16, LW-12)', async () => {
  await importFile('email,first name\ngone13@post.example,Former\n')
  await importFile('email,first name\ngone13@post.example,Later\n')
  const { contact_id: id } = await contact('gone13@post.example')
  const kept = () =>
    rows(core.db, sql`select changes from import_changes where account_id = ${accountId} and contact_id = ${id}`)
  expect(await kept()).toEqual([{ changes: { first_name: ['Former', 'Later'] } }])
  await eraseContact(core.db, caller, id)
  expect(await kept()).toEqual([])
})
