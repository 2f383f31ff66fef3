// The real program as an operator starts it, in a child process, and what a journey does with it over its API.
import { join } from 'node:path'
import pg from 'pg'
import { expect } from 'vitest'
import { type CsvOptions, csvRows, type ExpectedCounts } from '../../bench/make-csv.ts'
import type { Contact } from '../../src/audience/contact.contract.ts'
import type { Group } from '../../src/audience/group.contract.ts'
import type { AudienceImport, ImportOptions } from '../../src/audience/import.contract.ts'
import type { Mailing } from '../../src/mailings/mailing.contract.ts'
import type { Job } from '../../src/platform/job.contract.ts'
import { type Answer, call } from '../program.ts'
import { dataDirectory, freePort, serverOf, started, until } from '../started.ts'

export const OWNER = { email: 'hedda.quill@fernmoor.example', password: 'three quiet herons' }
export const API_KEY = 'lw_journeys-0123456789abcdef'

const WITHIN_MS = 150_000

export type Journey = Awaited<ReturnType<typeof startJourney>>
type ListOf<Item> = { items: Item[]; nextCursor: string | null }

/** Starts the program with an account that may send; it ends with the test file. Its address outlives restarts. */
export async function startJourney(env: Record<string, string> = {}) {
  const dataDir = dataDirectory()
  const port = await freePort()
  const settings = {
    PORT: String(port),
    OWNER_EMAIL: OWNER.email,
    OWNER_PASSWORD: OWNER.password,
    OWNER_API_KEY: API_KEY,
    ...env,
  }
  let program = await started({ dataDir, env: settings })
  const url = program.address
  const api = <Body = unknown>(method: string, path: string, body?: unknown): Promise<Answer<Body>> =>
    call(`${url}/api/v1${path}`, method, body, { authorization: `Bearer ${API_KEY}` })
  const named = await api('PATCH', '/account', {
    name: 'Fernmoor Garden',
    senderName: 'Fernmoor Garden',
    senderAddress: 'news@fernmoor.example',
    postalAddress: '4 Glasshouse Lane, Fernmoor FM1 2GH',
  })
  if (named.status !== 200) throw new Error(JSON.stringify(named.body))
  return {
    dataDir,
    url,
    api,
    program: () => program,
    /** kill -9: nothing is finished, nothing is said to anybody. */
    kill: async () => {
      program.child.kill('SIGKILL')
      await program.ended
    },
    restart: async () => {
      program = await started({ dataDir, env: settings })
    },
    stop: async () => {
      program.child.kill('SIGTERM')
      expect(await program.ended).toBe(0)
    },
    killDatabase: async () => {
      const killed = serverOf(dataDir)
      if (killed === null) throw new Error('no database server runs')
      process.kill(killed, 'SIGKILL')
      await until(() => serverOf(dataDir) !== killed)
    },
    /** A connection as the owner of the schema; works while the program is dead and its server lives on. */
    database: async () => {
      const socket = encodeURIComponent(join(dataDir, 'postgres/socket'))
      const client = new pg.Client(`postgres://lastword_owner@localhost:5432/lastword?host=${socket}`)
      client.on('error', () => {}) // tests kill the server under it
      await client.connect()
      return client
    },
  }
}

/** A file of bench/make-csv.ts and what an import of it must count. */
export function csvFile(options: CsvOptions): { text: string; counts: ExpectedCounts } {
  const rows = csvRows(options)
  let text = ''
  for (let step = rows.next(); ; step = rows.next()) {
    if (step.done) return { text, counts: step.value }
    text += step.value
  }
}

/** Sends a file to POST /imports and gives the answer, whatever it is. */
export function postImport(
  { api }: Pick<Journey, 'api'>,
  file: string | Buffer<ArrayBuffer>,
  options: Partial<ImportOptions> = {},
  name = 'people.csv',
): Promise<Answer<AudienceImport>> {
  const form = new FormData()
  form.set('options', JSON.stringify(options))
  form.set('file', new Blob([file], { type: 'text/csv' }), name)
  return api('POST', '/imports', form)
}

/** Imports a file and waits for its end. */
export async function importFile(journey: Journey, file: string, options: Partial<ImportOptions> = {}) {
  const { status, body } = await postImport(journey, file, options)
  expect(status, JSON.stringify(body)).toBe(202)
  return endOfImport(journey, body.id)
}

export async function endOfImport({ api }: Pick<Journey, 'api'>, id: string): Promise<AudienceImport> {
  let last: Answer<AudienceImport> | undefined
  // An answer may fail while a test kills the database.
  await until(async () => {
    last = await api<AudienceImport>('GET', `/imports/${id}`)
    return last.status === 200 && !['uploaded', 'queued', 'running'].includes(last.body.status)
  }, WITHIN_MS)
  if (!last) throw new Error('the import was never looked at')
  return last.body
}

export async function endOfJob({ api }: Journey, id: string): Promise<Job> {
  let last: Answer<Job> | undefined
  await until(async () => {
    last = await api<Job>('GET', `/jobs/${id}`)
    return last.status === 200 && !['queued', 'running'].includes(last.body.status)
  }, WITHIN_MS)
  if (!last) throw new Error('the job was never looked at')
  return last.body
}

export async function addGroup({ api }: Journey, name: string): Promise<string> {
  const { status, body } = await api<Group>('POST', '/groups', { name })
  expect(status, JSON.stringify(body)).toBe(201)
  return body.id
}

export async function groupNamed({ api }: Journey, name: string): Promise<Group> {
  const { body } = await api<ListOf<Group>>('GET', '/groups?limit=500')
  const found = body.items.find((group) => group.name === name)
  if (!found) throw new Error(`there is no group ${name}`)
  return found
}

export async function contactAt({ api }: Journey, address: string): Promise<Contact> {
  for (const archived of ['false', 'true']) {
    const query = `search=${encodeURIComponent(address)}&archived=${archived}`
    const { body } = await api<ListOf<Contact>>('GET', `/contacts?${query}`)
    const found = body.items.find((contact) => contact.address === address)
    if (found) return found
  }
  throw new Error(`there is no contact ${address}`)
}

export async function countContacts({ api }: Pick<Journey, 'api'>) {
  const { body } = await api<{ total: number }>('GET', '/contacts/counts')
  return body.total
}

/** Makes a mailing to a group and starts it. */
export async function sendTo({ api }: Journey, groupId: string, subject: string): Promise<string> {
  const made = await api<Mailing>('POST', '/mailings', {
    name: subject,
    subject,
    html: '<p>Dear {{ contact.first_name | default: "friend" }}, the garden opens in May.</p>',
    groupIds: [groupId],
  })
  expect(made.status, JSON.stringify(made.body)).toBe(201)
  const sent = await api<Mailing>('POST', `/mailings/${made.body.id}/send`)
  expect(sent.status, JSON.stringify(sent.body)).toBe(200)
  return made.body.id
}

export async function endOfMailing({ api }: Journey, id: string, withinMs = WITHIN_MS): Promise<Mailing> {
  let last: Answer<Mailing> | undefined
  await until(async () => {
    last = await api<Mailing>('GET', `/mailings/${id}`)
    return last.body.status === 'sent'
  }, withinMs)
  if (!last) throw new Error('the mailing was never looked at')
  return last.body
}
