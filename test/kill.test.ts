import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { inheritMessages } from '../src/delivery/queue.ts'
import { startSender } from '../src/delivery/sender.ts'
import { maybeRow, sql } from '../src/platform/database.ts'
import { buryDead } from '../src/platform/processes.ts'
import { startProgram } from './program.ts'
import { insertContacts, insertSendingMailing, messagesOf, statesOf, statusOf } from './sending.ts'
import { startMailServer } from './smtp.ts'

const CONNECTIONS = 4
const program = await startProgram({ jobs: false })
const { core, accountId } = program

function startChild(port: number): ChildProcess {
  const linkKey = core.keys.link[0]?.key.toString('base64url')
  const sender = { databaseUrl: program.databaseUrl, baseUrl: program.url, port, connections: CONNECTIONS, linkKey }
  return spawn(process.execPath, [new URL('sender-program.ts', import.meta.url).pathname], {
    env: { ...process.env, SENDER: JSON.stringify(sender) },
    stdio: 'inherit',
  })
}

async function buryChild() {
  // The database notices the death a moment later; then the lock on the process's row is free.
  await expect
    .poll(async () => {
      await buryDead(core.db, inheritMessages)
      return maybeRow(
        core.db,
        sql`select from processes where ended_at is null and process_id <> ${program.process.id}`,
      )
    })
    .toBeUndefined()
}

test('kill -9 in the middle of a mailing: nobody gets it twice, and only what was on the wire is unknown', {
  timeout: 90_000,
}, async () => {
  const contacts = await insertContacts(core, accountId, 400, 'kill')
  const mailingId = await insertSendingMailing(core, accountId, contacts)
  let silent = true
  const never = new Promise<void>(() => {})
  const server = await startMailServer({}, { onMessage: (count) => (silent && count > 100 ? never : undefined) })
  const child = startChild(server.port)
  try {
    // Every connection has written a whole message and waits for its answer.
    await expect.poll(() => server.messages.length, { timeout: 30_000 }).toBe(100 + CONNECTIONS)
    await expect
      .poll(() => statesOf(core, accountId, mailingId))
      .toMatchObject({ accepted: 100, handed_over: CONNECTIONS })
  } finally {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  await buryChild()
  expect(await statesOf(core, accountId, mailingId)).toEqual({ accepted: 100, unknown: CONNECTIONS, queued: 296 })

  silent = false
  const sender = startSender({ ...core, config: { ...core.config, smtp: server.smtp } }, program.process)
  await expect.poll(() => statusOf(core, accountId, mailingId), { timeout: 30_000 }).toMatchObject({ status: 'sent' })
  await sender.stop()
  await server.stop()
  expect(await statesOf(core, accountId, mailingId)).toEqual({ accepted: 396, unknown: CONNECTIONS })
  expect(server.messages).toHaveLength(400)
  expect(new Set(server.messages.map(({ to }) => to)).size).toBe(400)
  const unknown = (await messagesOf(core, accountId, mailingId)).filter(({ state }) => state === 'unknown')
  for (const { answer } of unknown) expect(answer).toBe('the program ended before the mail server answered')
})

test('kill -9 at any other moment: nobody gets a mailing twice', { timeout: 90_000 }, async () => {
  const contacts = await insertContacts(core, accountId, 600, 'kill-any')
  const mailingId = await insertSendingMailing(core, accountId, contacts)
  let child: ChildProcess | null = null
  const server = await startMailServer({}, { onMessage: (count) => void (count % 150 === 0 && child?.kill('SIGKILL')) })
  for (let life = 0; life < 3; life += 1) {
    child = startChild(server.port)
    await once(child, 'exit')
    await buryChild()
  }
  child = null
  const sender = startSender({ ...core, config: { ...core.config, smtp: server.smtp } }, program.process)
  await expect.poll(() => statusOf(core, accountId, mailingId), { timeout: 30_000 }).toMatchObject({ status: 'sent' })
  await sender.stop()
  await server.stop()
  const { accepted = 0, unknown = 0, ...others } = await statesOf(core, accountId, mailingId)
  expect(others).toEqual({})
  expect(accepted + unknown).toBe(600)
  expect(unknown).toBeLessThanOrEqual(3 * CONNECTIONS)
  const reached = server.messages.map(({ to }) => to)
  expect(new Set(reached).size).toBe(reached.length)
})
