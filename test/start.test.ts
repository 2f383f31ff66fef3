import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { expect, test, vi } from 'vitest'
import { dataDirectory, freePort, isHealthy, isRunning, launch, serverOf, started, statusOf, until } from './started.ts'

vi.setConfig({ testTimeout: 120_000 })

const KEY = 'a-key-for-scripts-of-at-least-24-characters'
const owner = { OWNER_EMAIL: 'owner@sender.example', OWNER_PASSWORD: 'three quiet herons', OWNER_API_KEY: KEY }

async function addGroup(address: string, name: string): Promise<number> {
  const response = await fetch(`${address}/api/v1/groups`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  })
  return response.status
}

async function groupNames(address: string): Promise<string[]> {
  const response = await fetch(`${address}/api/v1/groups?limit=500`, { headers: { authorization: `Bearer ${KEY}` } })
  const { items } = (await response.json()) as { items: { name: string }[] }
  return items.map((group) => group.name).sort()
}

test('the first start prints its address and a link for the owner, and keeps its secrets to itself', async () => {
  const dataDir = dataDirectory()
  const program = await started({ dataDir })
  expect(program.output()).toMatch(/Create the owner, once: http:\/\/localhost:\d+\/welcome#\S{40,}/)
  expect(await statusOf(`${program.address}/healthz`)).toBe(200)
  expect(statSync(join(dataDir, 'keys.json')).mode & 0o777).toBe(0o600)
  program.child.kill('SIGTERM')
  expect(await program.ended).toBe(0)
  expect(serverOf(dataDir)).toBeNull()
  expect(existsSync(join(dataDir, 'run.json'))).toBe(false)
})

test('a second start says where the first one runs and changes nothing', async () => {
  const dataDir = dataDirectory()
  const first = await started({ dataDir })
  const second = launch({ dataDir })
  expect(await second.ended).toBe(1)
  expect(second.output()).toBe(
    `Last Word already runs here: ${first.address} (process ${first.pid}, data in ${dataDir}).\n`,
  )
  expect(await isHealthy(first.address)).toBe(true)
})

test('of two first starts at the same moment one wins, with one set of keys', async () => {
  const dataDir = dataDirectory()
  const both = [launch({ dataDir }), launch({ dataDir })] as const
  await until(() => both.some((program) => program.output().includes('is ready')))
  const codes = await Promise.race([both[0].ended, both[1].ended])
  expect(codes).toBe(1)
  const winner = both.find((program) => program.output().includes('is ready'))
  const address = /is ready: (\S+)/.exec(winner?.output() ?? '')?.[1] ?? ''
  expect(await isHealthy(address)).toBe(true)
  winner?.child.kill('SIGTERM')
  await Promise.all([both[0].ended, both[1].ended])
  const again = await started({ dataDir })
  expect(await isHealthy(again.address)).toBe(true)
  expect(readdirSync(dataDir).filter((name) => name.includes('.new'))).toEqual([])
})

test('a program that is killed loses nothing that it answered; the next start takes its database over', async () => {
  const dataDir = dataDirectory()
  const first = await started({ dataDir, env: owner })
  expect(await addGroup(first.address, 'Answered before the kill')).toBe(201)
  const server = serverOf(dataDir)
  first.child.kill('SIGKILL')
  await first.ended
  const second = await started({ dataDir, env: owner })
  expect(serverOf(dataDir)).toBe(server)
  expect(await groupNames(second.address)).toEqual(['Answered before the kill'])
  second.child.kill('SIGTERM')
  expect(await second.ended).toBe(0)
  expect(serverOf(dataDir)).toBeNull()
})

test('program and database killed together: the next start recovers what was answered', async () => {
  const dataDir = dataDirectory()
  const first = await started({ dataDir, env: owner })
  expect(await addGroup(first.address, 'Answered before the kill')).toBe(201)
  process.kill(serverOf(dataDir) ?? 0, 'SIGKILL')
  first.child.kill('SIGKILL')
  await first.ended
  const second = await started({ dataDir, env: owner })
  expect(await groupNames(second.address)).toEqual(['Answered before the kill'])
})

test('a database that is killed comes back by itself, twice, and a second start is still refused', async () => {
  const dataDir = dataDirectory()
  const program = await started({ dataDir, env: owner })
  for (const name of ['One', 'Two']) {
    const killed = serverOf(dataDir)
    process.kill(killed ?? 0, 'SIGKILL')
    await until(async () => serverOf(dataDir) !== killed && (await isHealthy(program.address)))
    expect(await addGroup(program.address, name)).toBe(201)
  }
  expect(await groupNames(program.address)).toEqual(['One', 'Two'])
  const second = launch({ dataDir })
  expect(await second.ended).toBe(1)
  expect(second.output()).toContain('Last Word already runs here')
  program.child.kill('SIGTERM')
  expect(await program.ended).toBe(0)
  expect(serverOf(dataDir)).toBeNull()
})

test('requests are answered with 503 while the database is away', async () => {
  const dataDir = dataDirectory()
  const program = await started({ dataDir, env: owner })
  const server = serverOf(dataDir) ?? 0
  process.kill(server, 'SIGSTOP')
  process.kill(server, 'SIGKILL')
  const statuses = new Set<number>()
  await until(async () => {
    statuses.add(await statusOf(`${program.address}/healthz`))
    return serverOf(dataDir) !== server && statuses.has(200)
  })
  expect([...statuses].filter((status) => status !== 200 && status !== 503)).toEqual([])
})

test('a note of a server whose number belongs to another program now stops no start', async () => {
  const dataDir = dataDirectory()
  const first = await started({ dataDir })
  first.child.kill('SIGTERM')
  await first.ended
  const note = join(dataDir, 'postgres/cluster/postmaster.pid')
  writeFileSync(note, `${process.pid}\n/elsewhere\n0\n5432\n\n\n`)
  const second = await started({ dataDir })
  expect(await isHealthy(second.address)).toBe(true)
})

test('other keys than those of the database are refused, also when the file is gone', async () => {
  const dataDir = dataDirectory()
  const first = await started({ dataDir })
  first.child.kill('SIGTERM')
  await first.ended
  const keys = join(dataDir, 'keys.json')
  const right = readFileSync(keys, 'utf8')
  rmSync(keys)
  const without = launch({ dataDir })
  expect(await without.ended).toBe(1)
  expect(without.output()).toContain('keys.json is missing')
  expect(existsSync(keys)).toBe(false)
  const wrong = JSON.parse(right)
  writeFileSync(keys, JSON.stringify({ ...wrong, address: wrong.session }))
  const other = launch({ dataDir })
  expect(await other.ended).toBe(1)
  expect(other.output()).toContain('The address key 1 is not the one that this database was filled with')
  writeFileSync(keys, right)
  expect(await isHealthy((await started({ dataDir })).address)).toBe(true)
})

test('a taken port is named, with what to do, and nothing keeps running', async () => {
  const dataDir = dataDirectory()
  const port = await freePort()
  const other = createServer().listen(port, '127.0.0.1')
  await new Promise((resolve) => other.once('listening', resolve))
  const program = launch({ dataDir, env: { PORT: String(port) } })
  expect(await program.ended).toBe(1)
  expect(program.output()).toContain(`Port ${port} is taken by another program. Set PORT to a free one`)
  expect(serverOf(dataDir)).toBeNull()
  other.close()
})

test('settings that cannot work are named, without a stack trace', async () => {
  const program = launch({ env: { PORT: 'eighty', SMTP_URL: 'ftp://x' } })
  expect(await program.ended).toBe(1)
  expect(program.output()).toMatch(/^These settings cannot be used:\n {2}PORT: .*\n {2}SMTP_URL: .*\n$/)
})

test('splitting needs a shared database', async () => {
  const split = launch({ args: ['--worker'] })
  expect(await split.ended).toBe(1)
  expect(split.output()).toContain('set DATABASE_URL')
})

test('a web program and a worker share one database (D7)', async () => {
  const home = dataDirectory()
  const first = await started({ dataDir: home })
  const socket = join(home, 'postgres/socket')
  const url = `postgres://lastword_owner@localhost:5432/shared?host=${encodeURIComponent(socket)}`
  const admin = new pg.Client({ connectionString: url.replace('/shared?', '/postgres?') })
  await admin.connect()
  await admin.query('create database shared')
  const env = { DATABASE_URL: url }
  const dataDir = dataDirectory()
  const web = await started({ dataDir, args: ['--web'], env })
  const worker = launch({ dataDir, args: ['--worker'], env })
  await until(() => worker.output().includes('Last Word works on jobs and mail.'))
  expect(await isHealthy(web.address)).toBe(true)
  web.child.kill('SIGTERM')
  worker.child.kill('SIGTERM')
  expect(await Promise.all([web.ended, worker.ended])).toEqual([0, 0])
  await admin.end()
  expect(await isHealthy(first.address)).toBe(true)
})

test.runIf(process.getuid?.() === 0)('root may keep the data where nobody else can enter', async () => {
  const closed = mkdtempSync(join(tmpdir(), 'last-word-closed-'))
  chmodSync(closed, 0o700)
  const dataDir = dataDirectory(closed)
  const first = await started({ dataDir, env: owner })
  expect(await addGroup(first.address, 'Kept')).toBe(201)
  first.child.kill('SIGKILL')
  await first.ended
  const second = await started({ dataDir, env: owner })
  expect(await groupNames(second.address)).toEqual(['Kept'])
  second.child.kill('SIGTERM')
  await second.ended
  const home = readFileSync(join(dataDir, 'database-directory.txt'), 'utf8').trim()
  rmSync(home, { recursive: true, force: true })
  const lost = launch({ dataDir })
  expect(await lost.ended).toBe(1)
  expect(lost.output()).toContain('is not there any more')
  rmSync(closed, { recursive: true, force: true })
})

test('a Ctrl-C that arrives several times at once is one, and the program ends cleanly', async () => {
  const program = await started()
  for (const _ of [1, 2, 3]) program.child.kill('SIGINT')
  expect(await program.ended).toBe(0)
  expect(isRunning(program.pid)).toBe(false)
})

test.for([
  ['the starting script', ['bin/start.mjs'], {}],
  [
    'npm',
    ['-e', "require('node:child_process').spawn(process.execPath, ['bin/start.mjs'], { stdio: 'inherit' })"],
    { npm_lifecycle_event: 'start' },
  ],
] as const)('when %s is killed, the program and its database end in order', async ([, from, env]) => {
  const dataDir = dataDirectory()
  const wrapper = await started({ dataDir, from: [...from], env })
  const main = JSON.parse(readFileSync(join(dataDir, 'run.json'), 'utf8')).pid
  wrapper.child.kill('SIGKILL')
  await until(() => !isRunning(main))
  expect(serverOf(dataDir)).toBeNull()
  expect(existsSync(join(dataDir, 'run.json'))).toBe(false)
})
