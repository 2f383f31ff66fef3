import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { strFromU8, unzipSync } from 'fflate'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startProgram } from '../../test/program.ts'
import { keyOf } from '../../test/sample.ts'
import type { ContactExport } from '../audience/export.contract.ts'
import { dropExports } from '../audience/export-file.ts'
import { runExport } from '../audience/export-job.ts'
import { optOut } from '../optouts/optout.ts'
import { row, rows, run, sql } from '../platform/database.ts'
import { JobCancelled, type JobContext } from '../platform/jobs.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'last-word-exports-'))
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))
const program = await startProgram({ config: { dataDir } })
const { core, accountId, api } = program

const everybody = { filter: {} }
const files = () => readdirSync(join(dataDir, 'exports'))

beforeAll(async () => {
  const { body: field } = await api<{ name: string }>('POST', '/fields', { label: 'Town' })
  expect(field.name).toBe('town')
  const { body: group } = await api<{ id: string }>('POST', '/groups', { name: 'Readers' })
  for (const [address, town] of [
    ['ann@post.example', '=HYPERLINK("x")'],
    ['bert@post.example', 'Linz, "old" town'],
    ['leaver@post.example', 'Graz'],
  ])
    await api('POST', '/contacts', { address, fields: { town }, groupIds: [group.id] })
  await optOut(core.db, accountId, [keyOf(core, 'leaver@post.example')], { source: 'link' })
})

async function whenEnded(id: string): Promise<ContactExport> {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; ) {
    const { body } = await api<ContactExport>('GET', `/exports/${id}`)
    if (!['queued', 'running'].includes(body.status)) return body
  }
  throw new Error('the export did not end')
}

async function exported(asked: object): Promise<ContactExport> {
  const { status, body } = await api<ContactExport>('POST', '/exports', { selection: everybody, ...asked })
  expect(status, JSON.stringify(body)).toBe(202)
  return whenEnded(body.id)
}

test('contacts are exported as CSV that no spreadsheet runs; opted-out ones are left out and counted (IM-10, LW-6)', async () => {
  const made = await exported({ columns: ['address', 'fields.town', 'status', 'groups', 'source'] })
  expect(made).toMatchObject({ status: 'done', rows: 2, optedOut: 1, format: 'csv', progress: { done: 2, total: 2 } })
  const { body, headers } = await api<string>('GET', `/exports/${made.id}/file`)
  expect(body.replace(/^\ufeff/, '').split('\r\n')).toEqual([
    'Email,Town,Status,Groups,Source',
    `ann@post.example,"'=HYPERLINK(""x"")",Active,Readers,API`,
    'bert@post.example,"Linz, ""old"" town",Active,Readers,API',
    '',
  ])
  expect(headers.get('content-disposition')).toMatch(/^attachment; filename="contacts-\d{4}-\d\d-\d\d\.csv"$/)
  const [file] = files()
  expect(file).toMatch(/^[0-9a-f-]{36}$/)
  expect(statSync(join(dataDir, 'exports', file ?? '')).mode & 0o777).toBe(0o600)
  const acts = await rows(
    core.db,
    sql<{ act: string }>`select act from audit_events where act like 'export.%' order by event_id`,
  )
  expect(acts.map(({ act }) => act)).toEqual(['export.started', 'export.taken'])
})

test('asked for, opted-out contacts come with a masked address (LW-6)', async () => {
  const made = await exported({ columns: ['address', 'status'], includeOptedOut: true })
  expect(made).toMatchObject({ rows: 3, optedOut: 0 })
  const { body } = await api<string>('GET', `/exports/${made.id}/file`)
  expect(body).toContain('l***@p***.example,Opt-Out')
  expect(body).not.toContain('leaver@')
})

test('a spreadsheet holds the same, with topics and times', async () => {
  const made = await exported({ format: 'xlsx', columns: ['address', 'added', 'topics', 'fields.town'] })
  const response = await fetch(`${program.url}/api/v1/exports/${made.id}/file`, {
    headers: { authorization: `Bearer ${program.apiKey}` },
  })
  const sheet = strFromU8(
    unzipSync(new Uint8Array(await response.arrayBuffer()))['xl/worksheets/sheet1.xml'] ?? new Uint8Array(),
  )
  expect(sheet).toContain('=HYPERLINK(&quot;x&quot;)')
  expect(sheet).toMatch(/<c r="B2" s="3"><v>4\d{4}\.\d+<\/v><\/c>/)
})

test('the same export, imported again, changes nothing (IM-6, IM-10)', async () => {
  const [ann] = (await api<{ items: { id: string }[] }>('GET', '/contacts?search=ann@')).body.items
  await api('PATCH', `/contacts/${ann?.id}`, { fields: { town: `'=1+1 "x"` } })
  const made = await exported({ columns: ['address', 'fields.town'] })
  const { body } = await api<string>('GET', `/exports/${made.id}/file`)
  expect(body).toContain(`ann@post.example,"''=1+1 ""x"""`)
  const form = new FormData()
  form.set('file', new Blob([body]), 'contacts.csv')
  form.set('options', '{}')
  const { body: started } = await api<{ id: string }>('POST', '/imports', form)
  const ended = await whenImported(started.id)
  expect(ended).toMatchObject({ status: 'done', counts: { unchanged: 2, updated: 0, added: 0 } })
})

async function whenImported(id: string): Promise<{ status: string }> {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; ) {
    const { body } = await api<{ status: string }>('GET', `/imports/${id}`)
    if (['done', 'failed'].includes(body.status)) return body
  }
  throw new Error('the import did not end')
}

test('a field or segment that is not there is refused, and so is a column without a name', async () => {
  const refused = await api<{ code: string }>('POST', '/exports', { selection: everybody, columns: ['fields.nothing'] })
  expect(refused).toMatchObject({ status: 400, body: { code: 'field.unknown' } })
  expect((await api('POST', '/exports', { selection: everybody, columns: ['password_hash'] })).status).toBe(400)
  const none = await api<{ code: string }>('POST', '/exports', {
    selection: { filter: { segmentId: '999' } },
    columns: ['address'],
  })
  expect(none).toMatchObject({ status: 404, body: { code: 'segment.not_found' } })
})

test('another account sees neither the export nor its file', async () => {
  const made = await exported({ columns: ['address'] })
  const other = await program.anotherAccount()
  for (const path of [`/exports/${made.id}`, `/exports/${made.id}/file`])
    expect((await api('GET', path, undefined, other.apiKey)).status).toBe(404)
  expect((await api('POST', `/exports/${made.id}/cancel`, {}, other.apiKey)).status).toBe(404)
  expect((await api<{ items: unknown[] }>('GET', '/exports', undefined, other.apiKey)).body.items).toEqual([])
})

test('a file is deleted when its export is cancelled or its day is over', async () => {
  const [cancelled, old] = [await exported({ columns: ['address'] }), await exported({ columns: ['address'] })]
  const before = files().length
  expect((await api<ContactExport>('POST', `/exports/${cancelled.id}/cancel`)).body.status).toBe('expired')
  await run(
    core.db,
    sql`update exports set expires_at = now() where account_id = ${accountId} and export_id = ${old.id}`,
  )
  for (const { id } of [cancelled, old])
    expect(await api('GET', `/exports/${id}/file`)).toMatchObject({ status: 410, body: { code: 'export.gone' } })
  await dropExports(core, { db: core.db, accountId } as JobContext)
  expect(files().length).toBe(before - 2)
  const planned = await row(
    core.db,
    sql<{
      hours: number
    }>`select round(extract(epoch from run_at - now()) / 3600)::int as hours from graphile_worker.jobs order by run_at desc limit 1`,
  )
  expect(planned.hours).toBe(24)
})

/** An export whose job a test runs itself. */
async function byHand(hooks: Partial<JobContext> = {}) {
  const { export_id, path } = await row(
    core.db,
    sql<{ export_id: string; path: string }>`
    insert into exports (account_id, request, file_name, path)
    values (${accountId}, ${JSON.stringify({ selection: everybody, columns: ['address'] })}::jsonb, 'contacts.csv', gen_random_uuid()::text) returning export_id, path`,
  )
  const job: JobContext = {
    db: core.db,
    accountId,
    jobId: '0',
    payload: { exportId: export_id },
    progress: async () => {},
    isCancelAsked: async () => false,
    ...hooks,
  }
  return { id: export_id, path, work: () => runExport(core, job) }
}

test('an export that was stopped in the middle begins again and is whole', async () => {
  let stops = 1
  const one = await byHand({
    progress: async (done) => {
      if (done > 0 && stops-- > 0) throw new Error('the database went away')
    },
  })
  await expect(one.work()).rejects.toThrow('went away')
  expect(await one.work()).toEqual({ rows: 2, leftOut: 1 })
  expect(await one.work()).toEqual({ rows: 2, leftOut: 1 }) // run again after its end, it stays as it is
})

test('who is erased while a file is made does not stand in it (LW-12)', async () => {
  const { body } = await api<{ id: string }>('POST', '/contacts', { address: 'soon.gone@post.example' })
  let isErased = false
  const one = await byHand({
    progress: async (done) => {
      if (done === 0 || isErased) return
      isErased = true
      expect((await api('DELETE', `/contacts/${body.id}`)).status).toBe(204)
    },
  })
  expect(await one.work()).toEqual({ rows: 2, leftOut: 1 })
})

test('an export that is cancelled leaves no file and forgets what was searched for', async () => {
  const one = await byHand({ isCancelAsked: async () => true })
  await expect(one.work()).rejects.toThrow(JobCancelled)
  expect(files()).not.toContain(one.path)
  const { request } = await row(
    core.db,
    sql<{ request: object }>`select request from exports where account_id = ${accountId} and export_id = ${one.id}`,
  )
  expect(request).not.toHaveProperty('selection')
})
