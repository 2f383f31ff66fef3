// Spreadsheets, encodings and the files of other programs, through the API.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import iconv from 'iconv-lite'
import { expect, test, vi } from 'vitest'
import { startProgram } from '../../test/program.ts'
import { keyOf } from '../../test/sample.ts'
import type { AudienceImport, ImportRow } from '../audience/import.contract.ts'
import { standingOptOut } from '../optouts/optout.ts'

const program = await startProgram()
const { api, core, accountId } = program
const visitors = await readFile(join(import.meta.dirname, '../../test/files/visitors-from-libreoffice.xlsx'))

function form(file: string | Buffer, options?: Record<string, unknown>): FormData {
  const body = new FormData()
  if (options) body.set('options', JSON.stringify(options))
  body.set('file', new Blob([new Uint8Array(Buffer.from(file))]), 'people.bin')
  return body
}
const send = (file: string | Buffer, options: Record<string, unknown> = {}) =>
  api<AudienceImport>('POST', '/imports', form(file, options))
const upload = async (file: string | Buffer) => (await api<AudienceImport>('POST', '/imports/uploads', form(file))).body
const finished = (id: string) =>
  vi.waitFor(
    async () => {
      const { body } = await api<AudienceImport>('GET', `/imports/${id}`)
      expect(body.status).not.toMatch(/queued|running/)
      return body
    },
    { timeout: 20_000, interval: 20 },
  )
const importFile = async (file: string | Buffer, options?: Record<string, unknown>) => {
  const { status, body } = await send(file, options)
  expect(status, JSON.stringify(body)).toBe(202)
  return finished(body.id)
}
const rowsOf = async (id: string) => (await api<{ items: ImportRow[] }>('GET', `/imports/${id}/rows`)).body.items
const fieldsOf = async (address: string) =>
  (await api<{ items: { fields: unknown }[] }>('GET', `/contacts?search=${address}`)).body.items[0]?.fields
const isOut = async (address: string) => (await standingOptOut(core.db, accountId, keyOf(core, address))) !== undefined

test('a spreadsheet saved by LibreOffice is checked, then imported, line by line as a CSV file would be', async () => {
  const mapping = { Ort: 'new:Town', 'Besuch am': 'new:Last visit', Kassennr: '' }
  const uploaded = await upload(visitors)
  expect(uploaded.file).toMatchObject({
    kind: 'xlsx',
    sheet: 'visitors',
    sheets: [{ name: 'visitors', hidden: false }],
  })
  expect(uploaded.file.columns.map(({ guess }) => guess).slice(0, 3)).toEqual(['address', 'first_name', 'last_name'])
  await api('POST', `/imports/${uploaded.id}/check`, { mapping })
  const checked = await finished(uploaded.id)
  const counts = { rows: 6, added: 3, duplicates: 1, invalid: 1, optedOut: 1 }
  expect(checked.counts).toMatchObject(counts)
  expect(await fieldsOf('joao.petersen')).toBeUndefined()
  await api('POST', `/imports/${uploaded.id}/start`, { mapping })
  const done = await finished(uploaded.id)
  expect(done.counts).toMatchObject(counts)
  expect(await fieldsOf('joao.petersen')).toMatchObject({
    first_name: 'João',
    town: 'Alderby',
    last_visit: '2026-10-03',
  })
  expect(await fieldsOf('oisin.marlow')).toMatchObject({ first_name: 'Oisín' })
  expect(await isOut('leila.brandvold@post.example')).toBe(true)
  expect((await rowsOf(done.id)).find(({ outcome }) => outcome === 'invalid')).toMatchObject({
    line: 7,
    address: 'not an address',
  })
})

test('the wrong encoding can be corrected before anything is imported (IM-2)', async () => {
  const text = 'Email;Vārds\njanis@post.example;Jānis Bērziņš\n'
  const uploaded = await upload(iconv.encode(text, 'windows-1257'))
  expect(uploaded.file.sure).toBe(false)
  const { body } = await api<AudienceImport>('POST', `/imports/${uploaded.id}/inspect`, { encoding: 'windows-1257' })
  expect(body.file).toMatchObject({
    sure: true,
    columns: [{ name: 'Email' }, { name: 'Vārds', samples: ['Jānis Bērziņš'] }],
  })
  await api('POST', `/imports/${uploaded.id}/start`, { mapping: { Vārds: 'first_name' } })
  await finished(uploaded.id)
  expect(await fieldsOf('janis@post.example')).toEqual({ first_name: 'Jānis Bērziņš' })
  expect(await api('POST', `/imports/${uploaded.id}/inspect`, {})).toMatchObject({ status: 409 })
  expect(await api('POST', `/imports/${(await upload(text)).id}/inspect`, { encoding: 'klingon' })).toMatchObject({
    status: 400,
    body: { code: 'import.invalid' },
  })
})

test('delimiter and header are read as the operator says', async () => {
  const uploaded = await upload('email|with commas, here\na1@post.example|x, y\n')
  const { body } = await api<AudienceImport>('POST', `/imports/${uploaded.id}/inspect`, {
    delimiter: '|',
    hasHeader: false,
  })
  expect(body.file).toMatchObject({ delimiter: '|', hasHeader: false })
  expect(body.file.columns.map(({ name }) => name)).toEqual(['Column 1', 'Column 2'])
})

test('a list of people who left another program is never imported by leaving a word out (IM-6)', async () => {
  const file =
    'Email Address,First Name,UNSUB_TIME,UNSUB_REASON,LEID,EUID\ngone@post.example,Gone,2026-01-02 03:04:05,NORMAL,1,a\n'
  const refused = await send(file)
  expect(refused).toMatchObject({ status: 400, body: { code: 'import.invalid' } })
  expect(JSON.stringify(refused.body)).toContain('Mailchimp’s export of unsubscribed contacts')
  const done = await importFile(file, { asOptOuts: true })
  expect(done.file.tool).toMatchObject({ name: 'Mailchimp', says: 'everybody' })
  expect(done.counts).toMatchObject({ rows: 1, optedOut: 1, added: 0 })
  expect(await isOut('gone@post.example')).toBe(true)
})

test('the status column of another program is understood: who left there is opted out here', async () => {
  const done = await importFile(
    'uuid,email,name,attributes,status\n1,in@listmonk.example,In,{},enabled\n2,out@listmonk.example,Out,{},blocklisted\n',
  )
  expect(done.counts).toMatchObject({ added: 1, optedOut: 1 })
  expect(await isOut('out@listmonk.example')).toBe(true)
})

test('words that nobody knows are asked about, and until then their rows are not imported (IM-6)', async () => {
  const file =
    'Email,Opted out\none@words.example,yes\ntwo@words.example,sleeping\nthree@words.example,Sleeping\nfour@words.example,\n'
  const uploaded = await upload(file)
  await api('POST', `/imports/${uploaded.id}/check`, {})
  const checked = await finished(uploaded.id)
  expect(checked.counts).toMatchObject({ added: 1, optedOut: 1, invalid: 2 })
  expect(checked.file.unknownWords.reduce((sum, { rows }) => sum + rows, 0)).toBe(2)
  await api('POST', `/imports/${uploaded.id}/check`, { statusWords: { sleeping: 'not' } })
  expect((await finished(uploaded.id)).counts).toMatchObject({ added: 3, optedOut: 1, invalid: 0 })
  await api('POST', `/imports/${uploaded.id}/start`, { statusWords: { SLEEPING: 'opt_out' } })
  expect((await finished(uploaded.id)).counts).toMatchObject({ added: 1, optedOut: 3 })
  expect(await isOut('three@words.example')).toBe(true)
})

test('role addresses are imported and named (AB-10)', async () => {
  const done = await importFile('Email\ninfo@roles.example\nowner-news@roles.example\nann@roles.example\n')
  expect(done.counts.added).toBe(3)
  expect(done.notes.role).toBe(2)
  const { body } = await api<{ items: ImportRow[] }>('GET', `/imports/${done.id}/rows?note=role`)
  expect(body.items.map(({ address }) => address)).toEqual(['info@roles.example', 'owner-news@roles.example'])
})
