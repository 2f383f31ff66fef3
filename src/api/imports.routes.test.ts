// second PostgreSQL: no; src/audience/import.test.ts asks both.
import { readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import iconv from 'iconv-lite'
import { afterAll, expect, test, vi } from 'vitest'
import { csvRows } from '../../bench/make-csv.ts'
import { startProgram } from '../../test/program.ts'
import type { AudienceImport, ImportRow } from '../audience/import.contract.ts'
import { keepUpload } from '../audience/import-upload.ts'
import { addressKey } from '../optouts/address.ts'
import { optOut } from '../optouts/optout.ts'
import { rows, sql } from '../platform/database.ts'

const dataDir = await mkdtemp(join(tmpdir(), 'last-word-imports-'))
afterAll(() => rm(dataDir, { recursive: true, force: true }))
const program = await startProgram({ config: { dataDir } })
const { api, core, accountId } = program

type Options = Record<string, unknown>

function form(file: string | Buffer, options?: Options, name = 'people.csv'): FormData {
  const body = new FormData()
  if (options) body.set('options', JSON.stringify(options))
  body.set('file', new Blob([new Uint8Array(Buffer.from(file))]), name)
  return body
}

async function finished(id: string): Promise<AudienceImport> {
  return vi.waitFor(
    async () => {
      const { body } = await api<AudienceImport>('GET', `/imports/${id}`)
      expect(body.status).not.toMatch(/queued|running/)
      return body
    },
    { timeout: 20_000, interval: 20 },
  )
}

async function importFile(file: string | Buffer, options: Options = {}): Promise<AudienceImport> {
  const { status, body } = await api<AudienceImport>('POST', '/imports', form(file, options))
  expect(status, JSON.stringify(body)).toBe(202)
  return finished(body.id)
}

const rowsOf = async (id: string, query = '') =>
  (await api<{ items: ImportRow[] }>('GET', `/imports/${id}/rows?limit=500${query}`)).body.items

type Contact = { address: string; fields: Record<string, string>; archived_at: Date | null; held: boolean }
const contact = async (address: string): Promise<Contact | undefined> =>
  (
    await rows(
      core.db,
      sql<Contact>`
      select address, fields, archived_at, exists (select from contact_holds hold
        where hold.account_id = contact.account_id and hold.contact_id = contact.contact_id and released_at is null) as held
      from contacts contact where account_id = ${accountId} and canonical = ${address}`,
    )
  )[0]

const optOutAddress = (address: string) =>
  optOut(core.db, accountId, [addressKey(core.keys.address, address)], { source: 'link' })

test('a file becomes contacts with their details, and every line has its outcome', async () => {
  const done = await importFile(
    'E-Mail;Vorname;Last name\nanna1@post.example;Anna;Ö\nben1@post.example;Ben;\nbroken;X;Y\n',
  )
  expect(done).toMatchObject({
    status: 'done',
    phase: 'done',
    progress: 1,
    cancellable: false,
    counts: { rows: 3, added: 2, updated: 0, unchanged: 0, duplicates: 0, invalid: 1, optedOut: 0, held: 0 },
  })
  expect(await contact('anna1@post.example')).toMatchObject({ fields: { first_name: 'Anna', last_name: 'Ö' } })
  expect(await contact('ben1@post.example')).toMatchObject({ fields: { first_name: 'Ben' } })
  expect(await rowsOf(done.id)).toEqual([
    { line: 2, address: 'anna1@post.example', outcome: 'added', reason: null, notes: [] },
    { line: 3, address: 'ben1@post.example', outcome: 'added', reason: null, notes: [] },
    {
      line: 4,
      address: 'broken',
      outcome: 'invalid',
      reason: 'There is no @. An address looks like name@post.example.',
      notes: [],
    },
  ])
})

test('the same file a second time changes nothing (IM-8)', async () => {
  const file = 'email,first name\nanna2@post.example,Anna\nben2@post.example,Ben\n'
  await importFile(file)
  const before = await rows(core.db, sql`select * from contacts where account_id = ${accountId} order by contact_id`)
  const again = await importFile(file)
  expect(again.counts).toMatchObject({ rows: 2, added: 0, updated: 0, unchanged: 2 })
  expect(await rows(core.db, sql`select * from contacts where account_id = ${accountId} order by contact_id`)).toEqual(
    before,
  )
})

test('an opted-out address is counted and listed, and not changed, added or put into a group (INV-5, INV-6)', async () => {
  await importFile('email,first name\nout3@post.example,Before\n')
  await optOutAddress('out3@post.example')
  await optOutAddress('never3@post.example')
  const done = await importFile(
    'email,first name\nOUT3@post.example,After\nnever3@post.example,New\nc3@post.example,C\nd3@post.example,D\ne3@post.example,E\n',
    {
      newGroups: ['Third'],
    },
  )
  expect(done.counts).toMatchObject({ rows: 5, added: 3, optedOut: 2 })
  const listed = await rowsOf(done.id, '&outcome=opted_out')
  expect(listed.map(({ line }) => line)).toEqual([2, 3])
  expect(listed[0]?.reason).toMatch(/^Opted out on \d{1,2} [A-Z][a-z]+ \d{4}\.$/)
  expect(await contact('out3@post.example')).toMatchObject({ fields: { first_name: 'Before' } })
  expect(await contact('never3@post.example')).toBeUndefined()
  const members = await rows(
    core.db,
    sql<{ address: string }>`
    select address from group_members join contacts using (account_id, contact_id) join groups using (account_id, group_id)
    where account_id = ${accountId} and name = 'Third' order by address`,
  )
  expect(members.map(({ address }) => address)).toEqual(['c3@post.example', 'd3@post.example', 'e3@post.example'])
  expect(done.groups).toEqual([{ id: expect.any(String), name: 'Third' }])
})

test('an import into an existing group and a new one of a known name puts everybody into both, once', async () => {
  await importFile('email\na4@post.example\n', { newGroups: ['Fourth', 'Other fourth'] })
  const again = await importFile('email\na4@post.example\nb4@post.example\n', { newGroups: ['fourth'] })
  expect(again.counts).toMatchObject({ added: 1, unchanged: 1 })
  const counts = await rows(
    core.db,
    sql`select name, count(*)::int as members from groups join group_members using (account_id, group_id)
        where account_id = ${accountId} and name ilike '%fourth' group by name order by name`,
  )
  expect(counts).toEqual([
    { name: 'Fourth', members: 2 },
    { name: 'Other fourth', members: 1 },
  ])
})

test.each([
  ['first', 'email,opt-out\nboth-first@post.example,yes\nBOTH-first@post.example,no\n', 'both-first@post.example'],
  ['last', 'email,opt-out\nBoth-last@post.example,no\nboth-last@post.example,yes\n', 'both-last@post.example'],
])('an opt-out in the %s row of an address wins (IM-5)', async (_which, file, address) => {
  const done = await importFile(file)
  expect(done.counts).toMatchObject({ rows: 2, added: 0, optedOut: 1, duplicates: 1 })
  expect(await contact(address)).toBeUndefined()
  const again = await importFile(`email\n${address}\n`)
  expect(again.counts).toMatchObject({ added: 0, optedOut: 1 })
})

test('of two rows with one address the last one counts, and the first one is reported (IM-5, INV-20)', async () => {
  const done = await importFile('email,first name\nZoë6@Post.Example,Old\nx6@post.example,X\nzoë6@post.example,New\n')
  expect(done.counts).toMatchObject({ rows: 3, added: 2, duplicates: 1 })
  expect(await contact('zoë6@post.example')).toMatchObject({ fields: { first_name: 'New' } })
  expect(await rowsOf(done.id, '&outcome=duplicate')).toEqual([
    {
      line: 2,
      address: 'Zoë6@Post.Example',
      outcome: 'duplicate',
      reason: 'Line 4 has the same address and counts.',
      notes: [],
    },
  ])
})

test('opting out one spelling of a Gmail address in a file opts out the others in it (AB-22)', async () => {
  const done = await importFile('email,unsubscribed\nlast.word7@gmail.com,1\nlastword7+news@googlemail.com,0\n')
  expect(done.counts).toMatchObject({ rows: 2, added: 0, optedOut: 2 })
})

test('words that say neither yes nor no in an opt-out column are reported, never taken as Active (IM-6)', async () => {
  const done = await importFile('email,opt out\na8@post.example,maybe\nb8@post.example,pending\nc8@post.example,\n')
  expect(done.counts).toMatchObject({ rows: 3, added: 1, invalid: 2 })
  expect((await rowsOf(done.id, '&outcome=invalid'))[0]?.reason).toBe(
    '“maybe” does not say whether this person opted out.',
  )
  expect(await contact('a8@post.example')).toBeUndefined()
})

test('a file of opt-outs opts everybody out, adds nobody and reports malformed addresses (INV-19)', async () => {
  const people = Array.from({ length: 997 }, (_, number) => `out9-${number}@post.example,X`)
  const done = await importFile(['email,first name', ...people, 'broken,X', '@post.example,X', ',X'].join('\n'), {
    asOptOuts: true,
  })
  expect(done.counts).toMatchObject({ rows: 1000, added: 0, optedOut: 997, invalid: 3 })
  expect((await rowsOf(done.id, '&outcome=invalid')).map(({ line }) => line)).toEqual([999, 1000, 1001])
  expect(await contact('out9-0@post.example')).toBeUndefined()
  const ledger = await rows(
    core.db,
    sql`select opted_out::int, already::int, source, evidence from optout_ledger where account_id = ${accountId} and import_id = ${done.id}`,
  )
  expect(ledger).toEqual([
    {
      opted_out: 997,
      already: 0,
      source: 'import',
      evidence: { file: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/), bytes: expect.any(Number) } },
    },
  ])
  const again = await importFile('email\nout9-1@post.example\nnew9@post.example\n', { asOptOuts: true })
  const [first, second] = await rowsOf(again.id)
  expect(first?.reason).toMatch(/^Opted out on /)
  expect(second?.reason).toBe('The file says so.')
})

test('possibly the same person as somebody who opted out is added without mail and listed (AB-22)', async () => {
  await optOutAddress('a10@post.example')
  const file = 'email,first name\na10+shop@post.example,Anna\n'
  const done = await importFile(file)
  expect(done.counts).toMatchObject({ rows: 1, added: 0, held: 1 })
  expect(await contact('a10+shop@post.example')).toMatchObject({ address: 'a10+shop@post.example', held: true })
  expect((await rowsOf(done.id))[0]?.reason).toContain('Possibly the same person')
  await sql`update contact_holds set released_at = now() where account_id = ${accountId}`.execute(core.db)
  expect((await importFile(file)).counts).toMatchObject({ unchanged: 1, held: 0 })
  expect(await contact('a10+shop@post.example')).toMatchObject({ held: false })
})

test('adding only leaves known contacts alone, updating only adds nobody', async () => {
  await importFile('email,first name\na11@post.example,Anna\n')
  const file = 'email,first name\na11@post.example,Changed\nb11@post.example,Ben\n'
  const updating = await importFile(file, { mode: 'update_only' })
  expect(updating.counts).toMatchObject({ rows: 2, updated: 1, added: 0, unchanged: 1 })
  expect((await rowsOf(updating.id, '&outcome=skipped'))[0]?.reason).toContain('Not in the audience')
  const adding = await importFile(file.replace('Changed', 'Again'), { mode: 'add_only' })
  expect(adding.counts).toMatchObject({ rows: 2, updated: 0, added: 1, unchanged: 1 })
  expect(await contact('a11@post.example')).toMatchObject({ fields: { first_name: 'Changed' } })
})

test('empty cells keep what is known, or clear it when asked', async () => {
  await importFile('email,first name,last name\na12@post.example,Anna,Adler\n')
  const file = 'email,first name,last name\na12@post.example,,Beck\nnew12@post.example,,Cole\n'
  expect((await importFile(file)).counts).toMatchObject({ updated: 1, added: 1 })
  expect(await contact('a12@post.example')).toMatchObject({ fields: { first_name: 'Anna', last_name: 'Beck' } })
  expect((await importFile(file, { emptyCells: 'clear' })).counts).toMatchObject({ updated: 1, unchanged: 1 })
  expect((await contact('a12@post.example'))?.fields).toEqual({ last_name: 'Beck' })
  expect((await importFile(file, { emptyCells: 'clear' })).counts).toMatchObject({ unchanged: 2 })
})

test('an import that updates an archived contact restores it, unless it opted out (INV-1)', async () => {
  await importFile('email\na13@post.example\nout13@post.example\n')
  await sql`update contacts set archived_at = now() where account_id = ${accountId} and canonical in ('a13@post.example', 'out13@post.example')`.execute(
    core.db,
  )
  await optOutAddress('out13@post.example')
  const done = await importFile('email\na13@post.example\nout13@post.example\n')
  expect(done.counts).toMatchObject({ updated: 1, optedOut: 1 })
  expect((await contact('a13@post.example'))?.archived_at).toBeNull()
  expect((await contact('out13@post.example'))?.archived_at).not.toBeNull()
  expect(
    await rows(
      core.db,
      sql`select kind, data from contact_events where account_id = ${accountId} and data ->> 'importId' = ${done.id}`,
    ),
  ).toEqual([{ kind: 'restored', data: { importId: done.id } }])
})

test('columns go where the mapping says, new fields are made (IM-4)', async () => {
  const done = await importFile('Kontakt,__proto__,constructor,Größe\na14@post.example,p,c,42\n', {
    mapping: JSON.parse(
      '{"kontakt":"address","__proto__":"last_name","constructor":"new:Constructor","Größe":"new:Größe"}',
    ),
  })
  expect(done.counts).toMatchObject({ added: 1 })
  const given = await contact('a14@post.example')
  expect(given?.fields.gro_e).toBe(42)
  expect(given?.fields.constructor).toBe('c')
  expect('last_name' in {}).toBe(false)
})

test('a check says what would happen, writes nothing, and can be followed by the import', async () => {
  await optOutAddress('out15@post.example')
  const upload = await api<AudienceImport>(
    'POST',
    '/imports/uploads',
    form('email,first name,size\na15@post.example,Anna,XL\nout15@post.example,B,M\na15@post.example,Anne,XL\nbad,,\n'),
  )
  expect(upload.status).toBe(201)
  expect(upload.body).toMatchObject({ status: 'uploaded', phase: 'upload', cancellable: true, options: null })
  expect(upload.body.file).toMatchObject({
    encoding: 'utf-8',
    delimiter: ',',
    columns: [
      {
        name: 'email',
        samples: ['a15@post.example', 'out15@post.example', 'bad'],
        guess: 'address',
        guessedBy: 'name',
      },
      { name: 'first name', samples: ['Anna', 'B', 'Anne'], guess: 'first_name', guessedBy: 'name' },
      { name: 'size', samples: ['XL', 'M'], guess: '', guessedBy: 'none' },
    ],
  })
  const options = { mapping: { size: 'new:Size' }, newGroups: ['Fifteenth'] }
  const path = `/imports/${upload.body.id}`
  expect((await api('POST', `${path}/check`, options)).status).toBe(202)
  const checked = await finished(upload.body.id)
  const counts = { rows: 4, added: 1, duplicates: 1, invalid: 1, optedOut: 1 }
  expect(checked).toMatchObject({ status: 'done', counts, options: { dryRun: true } })
  expect((await rowsOf(upload.body.id)).map(({ outcome }) => outcome)).toEqual([
    'duplicate',
    'opted_out',
    'added',
    'invalid',
  ])
  expect(await contact('a15@post.example')).toBeUndefined()
  expect(await rows(core.db, sql`select from groups where account_id = ${accountId} and name = 'Fifteenth'`)).toEqual(
    [],
  )
  expect(await rows(core.db, sql`select from fields where account_id = ${accountId} and label = 'Size'`)).toEqual([])
  expect((await api('POST', `${path}/start`, options)).status).toBe(202)
  expect(await finished(upload.body.id)).toMatchObject({ status: 'done', counts, groups: [{ name: 'Fifteenth' }] })
  expect(await contact('a15@post.example')).toMatchObject({ fields: { first_name: 'Anne', size: 'XL' } })
  expect((await api('POST', `${path}/start`, options)).status).toBe(409)
})

test('a check of opt-outs opts nobody out', async () => {
  const done = await importFile('email,opt out\na16@post.example,yes\nb16@post.example,no\n', { dryRun: true })
  expect(done.counts).toMatchObject({ rows: 2, added: 1, optedOut: 1 })
  const all = await importFile('email\na16@post.example\nb16@post.example\n', { dryRun: true, asOptOuts: true })
  expect(all.counts).toMatchObject({ rows: 2, optedOut: 2 })
  expect((await importFile('email\na16@post.example\nb16@post.example\n')).counts).toMatchObject({ added: 2 })
})

test('the counts of a generated file are the ones that were foretold, and add up to its rows', async () => {
  const made = csvRows({
    rows: 3000,
    seed: 7,
    bom: true,
    semicolons: true,
    quotedNewlines: true,
    duplicates: true,
    invalid: true,
  })
  let text = ''
  let step = made.next()
  for (; !step.done; step = made.next()) text += step.value
  const { counts } = await importFile(text)
  expect(counts).toMatchObject(step.value)
  const { rows: all, ...parts } = counts
  expect(Object.values(parts).reduce((sum, part) => sum + part, 0)).toBe(all)
})

test('Windows-1252 and UTF-16 files keep their letters (IM-2)', async () => {
  await importFile(iconv.encode('email;first name\na18@post.example;Jürgen\n', 'windows-1252'))
  await importFile(iconv.encode('email\tfirst name\r\nb18@post.example\tŁukasz\r\n', 'utf-16le', { addBOM: true }))
  expect(await contact('a18@post.example')).toMatchObject({ fields: { first_name: 'Jürgen' } })
  expect(await contact('b18@post.example')).toMatchObject({ fields: { first_name: 'Łukasz' } })
})

test('an address with bytes that are not UTF-8 is reported, not guessed (IM-2)', async () => {
  const good = Array.from({ length: 30 }, (_, number) => `ü19-${number}@post.example,Jürgen`).join('\n')
  const done = await importFile(
    Buffer.concat([Buffer.from(`email,name\n${good}\nj`), Buffer.from([0xfc]), Buffer.from('rgen19@post.example,X\n')]),
  )
  expect(done.counts).toMatchObject({ rows: 31, added: 30, invalid: 1 })
  expect(
    await rows(
      core.db,
      sql`select from contacts where account_id = ${accountId} and address like '%' || chr(65533) || '%'`,
    ),
  ).toEqual([])
})

test('uploads and samples are gone when an import has ended', async () => {
  const done = await importFile('email,first name\na20@post.example,Anna\n')
  expect(done.file.columns.flatMap(({ samples }) => samples)).toEqual([])
  const open = await rows(
    core.db,
    sql<{
      path: string
    }>`select file ->> 'path' as path from imports where account_id = ${accountId} and file ->> 'path' is not null`,
  )
  expect(readdirSync(join(dataDir, 'uploads')).sort()).toEqual(open.map(({ path }) => path).sort())
})

test('an upload that is cancelled leaves nothing', async () => {
  const { body } = await api<AudienceImport>('POST', '/imports/uploads', form('email\na21@post.example\n'))
  const cancelled = await api<AudienceImport>('POST', `/imports/${body.id}/cancel`)
  expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled', cancellable: false } })
  expect((await api('POST', `/imports/${body.id}/cancel`)).status).toBe(409)
  expect((await api('POST', `/imports/${body.id}/start`, {})).status).toBe(409)
})

test('a file that cannot be read to its end fails with the line and leaves nothing (IM-13)', async () => {
  const people = Array.from({ length: 60_000 }, (_, number) => `fail22-${number}@post.example,x`).join('\n')
  const { body } = await api<AudienceImport>('POST', '/imports', form(`email,name\n${people}\n"never closed,x\n`))
  const failed = await finished(body.id)
  expect(failed).toMatchObject({
    status: 'failed',
    counts: { rows: 0 },
    problem: {
      code: 'import.unreadable',
      message: 'The quotation mark in line 60002 is never closed. Close it and import again.',
    },
  })
  expect(await contact('fail22-0@post.example')).toBeUndefined()
  expect(await rowsOf(body.id)).toEqual([])
})

test.each([
  ['an empty file', '', 400, 'This file is empty.'],
  ['a header alone', 'email,name\r\n', 400, 'a header and no lines below it'],
  ['blank lines', '\n\n \n', 400, 'no line with text'],
  ['a spreadsheet', 'PK\x03\x04…', 400, 'This workbook is damaged or not complete'],
  ['a binary file', 'email\na@post.example\0\x01', 400, 'This file is not text.'],
  ['10,000 columns', `${'a,'.repeat(10_000)}\n${'1,'.repeat(10_000)}`, 400, 'more than 1,000 cells'],
  ['10,000 columns with semicolons', `${'a;'.repeat(10_000)}\n${'1;'.repeat(10_000)}`, 400, 'more than 1,000 cells'],
  ['one 50 MB cell', `email,name\na@post.example,"${'x'.repeat(50_000_000)}"\n`, 400, 'more than 100,000 characters'],
  ['a quote that is never closed', 'email\n"a@post.example\n', 400, 'never closed'],
])('%s is refused with the reason, and nothing of it stays', async (_name, file, status, message) => {
  const before = readdirSync(join(dataDir, 'uploads')).length
  const answer = await api<{ code: string; message: string }>('POST', '/imports/uploads', form(file))
  expect(answer).toMatchObject({ status, body: { code: 'import.unreadable' } })
  expect(answer.body.message).toContain(message)
  expect(readdirSync(join(dataDir, 'uploads')).length).toBe(before)
})

test.each([
  ['no column with addresses', 'name\nAnna\n', {}, 'import.invalid', 'No column holds addresses'],
  [
    'a column that is not there',
    'email\na@post.example\n',
    { mapping: { nope: 'address' } },
    'import.invalid',
    'no column “nope”',
  ],
  [
    'an unknown field',
    'email,x\na@post.example,1\n',
    { mapping: { x: 'shoe_size' } },
    'field.unknown',
    'no field “shoe_size”',
  ],
  [
    'two columns for one place',
    'email,x\na@post.example,1\n',
    { mapping: { x: 'address' } },
    'import.invalid',
    'cannot both',
  ],
  ['an unknown mode', 'email\na@post.example\n', { mode: 'overwrite' }, 'request.invalid', ''],
  ['an unknown property', 'email\na@post.example\n', { resubscribe: true }, 'request.invalid', ''],
])('options with %s are refused, and nothing of the file stays', async (_name, file, options, code, message) => {
  const before = readdirSync(join(dataDir, 'uploads')).length
  const answer = await api<{ code: string; message: string }>('POST', '/imports', form(file, options))
  expect(answer).toMatchObject({ status: 400, body: { code } })
  expect(answer.body.message).toContain(message)
  expect(readdirSync(join(dataDir, 'uploads')).length).toBe(before)
})

test('a file beyond the limit is refused while it arrives, and nothing of it stays', async () => {
  const before = readdirSync(join(dataDir, 'uploads')).length
  let sent = 0
  const endless = Readable.from(
    (function* () {
      for (; sent < 1000; sent++) yield Buffer.from('a@post.example\n'.repeat(1000))
    })(),
  )
  await expect(keepUpload(core, endless, 100_000)).rejects.toMatchObject({ code: 'import.too_large' })
  expect(sent).toBeLessThan(100)
  expect(readdirSync(join(dataDir, 'uploads')).length).toBe(before)
})

test('an upload that stops arriving leaves nothing', async () => {
  const before = readdirSync(join(dataDir, 'uploads')).length
  const imports = await rows(core.db, sql`select from imports where account_id = ${accountId}`)
  const upload = request(`${program.url}/api/v1/imports`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${program.apiKey}`,
      'content-type': 'multipart/form-data; boundary=x',
      'content-length': '1000000',
    },
  })
  upload.on('error', () => {})
  upload.write('--x\r\ncontent-disposition: form-data; name="file"; filename="p.csv"\r\n\r\nemail\na@post.example\n')
  const files = () => readdirSync(join(dataDir, 'uploads')).length
  await vi.waitFor(() => expect(files()).toBe(before + 1), 10_000)
  upload.destroy()
  await vi.waitFor(() => expect(files()).toBe(before), 10_000)
  expect(await rows(core.db, sql`select from imports where account_id = ${accountId}`)).toEqual(imports)
})

test('a group of somebody else is not found', async () => {
  expect(await api('POST', '/imports', form('email\na@post.example\n', { groupIds: ['999999'] }))).toMatchObject({
    status: 404,
    body: { code: 'group.not_found' },
  })
})

test('requests without a file, with another part or with broken options are refused', async () => {
  expect((await api('POST', '/imports', new FormData())).status).toBe(400)
  expect((await api('POST', '/imports', { file: 'x' })).status).toBe(400)
  const strange = form('email\na@post.example\n')
  strange.set('extra', 'x')
  expect((await api('POST', '/imports', strange)).status).toBe(400)
  const broken = form('email\na@post.example\n')
  broken.set('options', '{')
  expect(await api('POST', '/imports', broken)).toMatchObject({
    status: 400,
    body: { message: 'The part “options” is not JSON.' },
  })
})

test('the list of lines can be downloaded, safe for spreadsheets and from hostile names (IM-10, IM-11, IM-12)', async () => {
  const { body } = await api<AudienceImport>(
    'POST',
    '/imports',
    form('email\n=cmd|\'/C calc\'!A0\n+49123\n"a""b"\n', undefined, '../../etc/"passwd"\r\nx: y.csv'),
  )
  const done = await finished(body.id)
  expect(done.fileName).not.toMatch(/[/\r\n]/)
  const file = await api<string>('GET', `/imports/${body.id}/rows.csv?outcome=invalid`)
  expect(file.headers.get('content-disposition')).toBe(`attachment; filename="import-${body.id}-invalid.csv"`)
  expect(file.headers.get('content-type')).toBe('text/csv; charset=utf-8')
  expect(file.body.replace('\ufeff', '').split('\r\n').slice(0, 3)).toEqual([
    'line,address,outcome,reason',
    expect.stringMatching(/^2,"'=cmd/),
    expect.stringMatching(/^3,"'\+49123"/),
  ])
})

test('imports are listed newest first, a page at a time, and only to their own account', async () => {
  const first = await api<{ items: AudienceImport[]; nextCursor: string }>('GET', '/imports?limit=2')
  const second = await api<{ items: AudienceImport[] }>('GET', `/imports?limit=2&cursor=${first.body.nextCursor}`)
  const ids = [...first.body.items, ...second.body.items].map(({ id }) => Number(id))
  expect(ids).toEqual([...ids].sort((left, right) => right - left))
  expect(new Set(ids).size).toBe(4)
  const other = await program.anotherAccount()
  const [id] = ids
  for (const [method, path] of [
    ['GET', `/imports/${id}`],
    ['GET', `/imports/${id}/rows`],
    ['GET', `/imports/${id}/rows.csv`],
    ['POST', `/imports/${id}/cancel`],
  ] as const)
    expect(await api(method, path, undefined, other.apiKey)).toMatchObject({
      status: 404,
      body: { code: 'import.not_found' },
    })
  expect((await api('POST', `/imports/${id}/start`, {}, other.apiKey)).status).toBe(404)
  expect((await api<{ items: [] }>('GET', '/imports', undefined, other.apiKey)).body.items).toEqual([])
})

test('lines are paged with a cursor', async () => {
  const { id } = await importFile('email\na30@post.example\nb30@post.example\nc30@post.example\n')
  const first = await api<{ items: ImportRow[]; nextCursor: string }>('GET', `/imports/${id}/rows?limit=2`)
  const second = await api<{ items: ImportRow[]; nextCursor: null }>(
    'GET',
    `/imports/${id}/rows?limit=2&cursor=${first.body.nextCursor}`,
  )
  expect([...first.body.items, ...second.body.items].map(({ line }) => line)).toEqual([2, 3, 4])
  expect(second.body.nextCursor).toBeNull()
})

test('a check and the import say more about the rows, and list them by each remark (INV-5, AB-22, LW-8)', async () => {
  await importFile('email,first name\nback20@post.example,B\nout20@post.example,O\nmate20@post.example,M\n')
  const archived = await contact('back20@post.example')
  expect(archived).toBeDefined()
  const { body: found } = await api<{ items: { id: string }[] }>('GET', '/contacts?search=back20')
  await api('POST', `/contacts/${found.items[0]?.id}/archive`)
  for (const address of ['out20@post.example', 'same20@post.example']) await optOutAddress(address)
  const file = [
    'email,first name,opt out',
    'back20@post.example,B,no',
    'out20@post.example,O,no',
    'leaves20@post.example,L,yes',
    'same20+tag@post.example,S,no',
    'new20@post.example,N,no',
    'broken,X,no',
  ].join('\n')
  const notes = { optedOutBefore: 1, optedOutByFile: 1, samePerson: 1, restored: 1, notAdded: 0, notUpdated: 0 }
  for (const dryRun of [true, false]) {
    const done = await importFile(file, { dryRun, basis: { kind: 'customers', note: '' } })
    expect(done).toMatchObject({ counts: { rows: 6, added: 1, updated: 1, optedOut: 2, held: 1, invalid: 1 }, notes })
    const { rows: all, ...others } = done.counts
    expect(Object.values(others).reduce((sum, number) => sum + number, 0)).toBe(all)
    const linesWith = async (query: string) => (await rowsOf(done.id, `&${query}`)).map(({ line }) => line)
    expect(await linesWith('note=opted_out_before')).toEqual([3])
    expect(await linesWith('note=opted_out_by_file')).toEqual([4])
    expect(await linesWith('note=same_person')).toEqual([5])
    expect(await linesWith('note=restored')).toEqual([2])
    expect(await linesWith('note=role')).toEqual([])
    expect(await linesWith('note=without_value')).toEqual([])
    expect(await linesWith('outcome=rejected')).toEqual([7])
    expect((await rowsOf(done.id)).map((listed) => listed.notes)).toEqual([
      ['restored'],
      ['opted_out_before'],
      ['opted_out_by_file'],
      ['same_person'],
      [],
      [],
    ])
  }
  const only = await importFile('email\nnew20@post.example\nnobody20@post.example\n', { mode: 'update_only' })
  expect(only).toMatchObject({ counts: { unchanged: 2 }, notes: { notAdded: 1, notUpdated: 0 } })
  const add = await importFile('email\nnew20@post.example\nbody20@post.example\n', { mode: 'add_only' })
  expect(add).toMatchObject({ counts: { added: 1, unchanged: 1 }, notes: { notAdded: 0, notUpdated: 1 } })
})

test('an import is undone through the API: the question before it, the job, the result', async () => {
  const done = await importFile('email\na21@post.example\nb21@post.example\n', { newGroups: ['Twenty-one'] })
  const result = { archived: 2, rolledBack: 0, leftGroups: 2, leftAlone: 0, optedOutKept: 0 }
  expect(await api('GET', `/imports/${done.id}/undo`)).toMatchObject({ status: 200, body: result })
  const { status, body } = await api<{ kind: string }>('POST', `/imports/${done.id}/undo`)
  expect([status, body.kind]).toEqual([202, 'import_undo'])
  await vi.waitFor(
    async () => {
      const { body: now } = await api<AudienceImport>('GET', `/imports/${done.id}`)
      expect(now.undo).toMatchObject({ status: 'done', result })
    },
    { timeout: 20_000 },
  )
  expect(await contact('a21@post.example')).toMatchObject({ archived_at: expect.any(Date) })
  expect(await api('POST', `/imports/${done.id}/undo`)).toMatchObject({
    status: 409,
    body: { code: 'import.not_possible', message: 'This import was undone already.' },
  })
  expect(await api('POST', `/imports/${done.id}/resume`)).toMatchObject({ status: 409 })
})
