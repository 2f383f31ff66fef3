import { expect, test } from 'vitest'
import { startProgram } from '../../test/program.ts'
import { insertContacts, insertSendingMailing, messagesOf, statesOf, statusOf } from '../../test/sending.ts'
import { optOut } from '../optouts/optout.ts'
import { run, sql, transaction } from '../platform/database.ts'
import { joinProcesses } from '../platform/processes.ts'
import { answerFor, recordAnswers } from './answer.ts'
import {
  finishMailing,
  handOver,
  inheritMessages,
  noteProblem,
  pauseMailing,
  type Share,
  sendingMailings,
  settleRefused,
  shareOf,
  takeMessages,
} from './queue.ts'

const program = await startProgram({ jobs: false })
const { core, accountId } = program
const { db } = core
const ME = 7001
const OTHER = 7002

let made = 0
async function mailingTo(count: number) {
  made += 1
  const contacts = await insertContacts(core, accountId, count, `queue${made}-`)
  const mailingId = await insertSendingMailing(core, accountId, contacts)
  const mailing = { accountId, mailingId }
  return {
    ...mailing,
    contacts,
    mailing,
    claim: async (share: Partial<Share> = {}, limit = 100) =>
      (await takeMessages(db, mailing, { inHand: [], part: 0, parts: 1, ...share }, limit)).taken,
    states: () => statesOf(core, accountId, mailingId),
    answers: async () => (await messagesOf(core, accountId, mailingId)).map(({ answer }) => answer),
    status: () => statusOf(core, accountId, mailingId),
  }
}
const idsOf = (messages: { messageId: string }[]) => messages.map(({ messageId }) => messageId)
function first<Item>(items: Item[]): Item {
  const [item] = items
  if (item === undefined) throw new Error('there is none')
  return item
}

test('a taken message carries all that filling it needs', async () => {
  const { claim, contacts, mailingId } = await mailingTo(1)
  expect(await claim()).toEqual([
    {
      accountId,
      mailingId,
      messageId: expect.any(String),
      contactId: first(contacts).contactId,
      address: first(contacts).address,
      addressKey: first(contacts).addressKey,
      fields: { first_name: 'Ann 1' },
      attempts: 0,
      queuedAt: expect.any(Date),
      variant: null,
      isUntracked: false,
    },
  ])
})

test('what a process has in memory is not read again, and each process begins with its own share', async () => {
  const { claim } = await mailingTo(30)
  const shares = [await claim({ part: 0, parts: 2 }), await claim({ part: 1, parts: 2 })]
  expect(new Set(idsOf(shares.flat())).size).toBe(30)
  expect(Math.min(...shares.map(({ length }) => length))).toBeGreaterThan(5)
  const few = await claim({}, 10)
  expect(few).toHaveLength(10)
  const rest = await claim({ inHand: idsOf(few) })
  expect(new Set(idsOf([...few, ...rest])).size).toBe(30)
})

test('the shares of the programs that run are different ones', async () => {
  const before = await shareOf(db, Number.MAX_SAFE_INTEGER)
  const processes = [await joinProcesses(db, core.pool), await joinProcesses(db, core.pool)]
  const shares = await Promise.all(processes.map(({ id }) => shareOf(db, id)))
  expect(new Set(shares.map(({ part }) => part)).size).toBe(2)
  for (const { part, parts } of shares) expect(part).toBeLessThan(parts)
  for (const process of processes) await process.leave()
  expect(await shareOf(db, Number.MAX_SAFE_INTEGER)).toEqual(before)
})

test('an opt-out stops messages that are queued and messages that a program has read (INV-7)', async () => {
  const { claim, contacts, states } = await mailingTo(3)
  await optOut(db, accountId, [first(contacts).addressKey], { source: 'link' })
  const taken = await claim()
  expect(taken).toHaveLength(2)
  await optOut(db, accountId, [first(taken).addressKey], { source: 'one_click' })
  expect(await handOver(db, accountId, ME, idsOf(taken))).toEqual(new Set(idsOf(taken.slice(1))))
  expect(await states()).toEqual({ withheld: 2, handed_over: 1 })
})

test('whoever may not receive for another reason is withheld with that reason', async () => {
  const { claim, contacts, answers, states } = await mailingTo(6)
  const [archived, failed, held, erased, moved] = contacts.map(({ contactId }) => contactId)
  await run(
    db,
    sql`update contacts set archived_at = now() where account_id = ${accountId} and contact_id = ${archived}`,
  )
  await run(
    db,
    sql`insert into contact_errors (account_id, contact_id, reason) values (${accountId}, ${failed}, 'manual')`,
  )
  await run(
    db,
    sql`insert into contact_holds (account_id, contact_id, because_key) values (${accountId}, ${held}, ${Buffer.alloc(16)})`,
  )
  await sql`select erase_contact(${accountId}, ${erased})`.execute(db)
  await run(
    db,
    sql`update contacts set address_key = ${Buffer.alloc(16, 9)} where account_id = ${accountId} and contact_id = ${moved}`,
  )
  expect(await claim()).toHaveLength(1)
  expect(await states()).toEqual({ withheld: 5, queued: 1 })
  expect((await answers()).slice(0, 5)).toEqual([
    'the contact is archived',
    'the contact is in Error',
    'the contact is held back',
    'the contact was erased',
    'the contact has another address now',
  ])
})

test('a contact who is archived after the message was read is withheld at the last check', async () => {
  const { claim, contacts, states, answers } = await mailingTo(1)
  const taken = await claim()
  await run(
    db,
    sql`update contacts set archived_at = now() where account_id = ${accountId} and contact_id = ${first(contacts).contactId}`,
  )
  expect(await handOver(db, accountId, ME, idsOf(taken))).toEqual(new Set())
  await settleRefused(db, accountId, idsOf(taken))
  expect(await states()).toEqual({ withheld: 1 })
  expect(await answers()).toEqual(['the contact is archived'])
})

test('a paused mailing hands nothing over, and what was read of it waits', async () => {
  const { claim, mailing, states, status } = await mailingTo(2)
  const taken = await claim()
  await pauseMailing(db, mailing, 'The operator paused it.')
  expect(await handOver(db, accountId, ME, idsOf(taken))).toEqual(new Set())
  await settleRefused(db, accountId, idsOf(taken))
  expect(await states()).toEqual({ queued: 2 })
  expect(await claim()).toEqual([])
  expect(await status()).toMatchObject({ status: 'paused', problem: 'The operator paused it.' })
})

test('of two processes that have read the same message one hands it over, and once', async () => {
  const { claim, states } = await mailingTo(40)
  const ids = idsOf(await claim())
  const passed = await Promise.all(
    ids.flatMap((id) => [handOver(db, accountId, ME, [id]), handOver(db, accountId, OTHER, [id])]),
  )
  expect(passed.flatMap((set) => [...set]).sort()).toEqual([...ids].sort())
  expect(await handOver(db, accountId, ME, ids)).toEqual(new Set())
  await settleRefused(db, accountId, ids)
  expect(await states()).toEqual({ handed_over: 40 })
})

test('an answer is taken only from the process that handed the message over', async () => {
  const { claim, states } = await mailingTo(1)
  const { messageId } = first(await claim())
  await handOver(db, accountId, ME, [messageId])
  await recordAnswers(db, accountId, OTHER, [{ messageId, state: 'queued', answer: 'not handed over' }])
  expect(await states()).toEqual({ handed_over: 1 })
})

test('a message that another process has put off is not handed over before its time', async () => {
  const { claim, states } = await mailingTo(1)
  const message = first(await claim())
  const later = answerFor(message, { kind: 'deferred', command: 'MAIL FROM', answer: '451 later' }, new Date())
  await recordAnswers(db, accountId, OTHER, [later])
  expect(await handOver(db, accountId, ME, [message.messageId])).toEqual(new Set())
  await settleRefused(db, accountId, [message.messageId])
  expect(await states()).toEqual({ deferred: 1 })
})

test('an opt-out that is being recorded and a hand-over meet: exactly one of them is first (SE-11)', async () => {
  const { claim, contacts, states } = await mailingTo(1)
  const ids = idsOf(await claim())
  let handed: Promise<Set<string>> | undefined
  await transaction(db, async (trx) => {
    await optOut(trx, accountId, [first(contacts).addressKey], { source: 'link' })
    handed = handOver(db, accountId, ME, ids) // waits for the row that the opt-out has withheld
    await waitingForLock()
  })
  expect(await handed).toEqual(new Set())
  expect(await states()).toEqual({ withheld: 1 })
})

async function waitingForLock() {
  await expect
    .poll(async () => {
      const { rows: waiting } =
        await sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
          core.asOwner.db,
        )
      return waiting.length
    })
    .toBeGreaterThan(0)
}

test('what a dead process had read is sent by another; what it had handed over is unknown and never sent again', async () => {
  const { claim, states, answers } = await mailingTo(3)
  const taken = await claim()
  await handOver(db, accountId, ME, [first(taken).messageId])
  await transaction(db, (trx) => inheritMessages(trx, [ME, 99]))
  expect(await states()).toEqual({ unknown: 1, queued: 2 })
  expect((await answers())[0]).toMatch(/ended before the mail server answered/)
  expect(await claim()).toHaveLength(2)
})

test('an answer that comes after all settles an unknown message', async () => {
  const { claim, states } = await mailingTo(1)
  const { messageId } = first(await claim())
  await handOver(db, accountId, ME, [messageId])
  await transaction(db, (trx) => inheritMessages(trx, [ME]))
  await recordAnswers(db, accountId, ME, [{ messageId, state: 'accepted', answer: '250 OK' }])
  expect(await states()).toEqual({ accepted: 1 })
})

test('a deferred message waits until it is due, and an opt-out meanwhile withholds it', async () => {
  const { claim, states, contacts, mailingId } = await mailingTo(2)
  const taken = await claim()
  await handOver(db, accountId, ME, idsOf(taken))
  const deferred = taken.map((message) =>
    answerFor(message, { kind: 'deferred', command: 'RCPT TO', answer: '451 later' }, new Date()),
  )
  await recordAnswers(db, accountId, ME, deferred)
  expect(await states()).toEqual({ deferred: 2 })
  expect(await claim()).toEqual([])
  await optOut(db, accountId, [first(contacts).addressKey], { source: 'link' })
  await run(
    db,
    sql`update messages set due_at = now() where account_id = ${accountId} and mailing_id = ${mailingId} and state = 'deferred'`,
  )
  expect(await claim()).toMatchObject([{ attempts: 1 }])
  expect(await states()).toEqual({ withheld: 1, deferred: 1 })
})

test('an answer to a message whose address opted out while it was on the wire does not bring it back', async () => {
  const { claim, states, contacts } = await mailingTo(1)
  const message = first(await claim())
  await handOver(db, accountId, ME, [message.messageId])
  await optOut(db, accountId, [first(contacts).addressKey], { source: 'link' })
  await recordAnswers(db, accountId, ME, [
    answerFor(message, { kind: 'deferred', command: 'DATA', answer: '451 later' }, new Date()),
  ])
  expect(await states()).toEqual({ withheld: 1 })
})

test('an address that the server refuses for good makes its contact Error; a policy rejection does not (MP-12)', async () => {
  const { claim, contacts } = await mailingTo(3)
  const taken = await claim()
  await handOver(db, accountId, ME, idsOf(taken))
  const replies = ['550 5.1.1 no such user', '550 5.7.1 not from you', '550 5.1.1 no such user']
  await optOut(db, accountId, [taken[2]?.addressKey ?? Buffer.alloc(0)], { source: 'link' })
  const answers = taken.map((message, index) =>
    answerFor(message, { kind: 'bounced', command: 'RCPT TO', answer: replies[index] ?? '' }, new Date()),
  )
  await recordAnswers(db, accountId, ME, answers)
  const { rows: found } = await sql<{ status: string; error_reason: string | null; error_detail: string | null }>`
    select status, error_reason, error_detail from contact_status
    where account_id = ${accountId} and contact_id = any(${contacts.map(({ contactId }) => contactId)}::bigint[]) order by contact_id`.execute(
    db,
  )
  expect(found).toEqual([
    { status: 'error', error_reason: 'delivery', error_detail: '550 5.1.1 no such user' },
    { status: 'active', error_reason: null, error_detail: null },
    { status: 'opt_out', error_reason: 'delivery', error_detail: '550 5.1.1 no such user' }, // noted under the opt-out (BN-10)
  ])
})

test('a mailing is sent once nothing of it is open, and not before', async () => {
  const { claim, mailing, status } = await mailingTo(2)
  expect(await finishMailing(db, mailing)).toBe(false)
  const taken = await claim()
  expect(await finishMailing(db, mailing)).toBe(false)
  await handOver(db, accountId, ME, idsOf(taken))
  expect(await finishMailing(db, mailing)).toBe(false)
  await recordAnswers(
    db,
    accountId,
    ME,
    taken.map(({ messageId }) => ({ messageId, state: 'accepted', answer: '250 OK' })),
  )
  await noteProblem(db, mailing, 'The mail server cannot be used: refused')
  expect(await status()).toMatchObject({ status: 'sending', problem: 'The mail server cannot be used: refused' })
  expect(await sendingMailings(db)).toContainEqual({ ...mailing, perHour: null })
  expect(await finishMailing(db, mailing)).toBe(true)
  expect(await status()).toMatchObject({ status: 'sent', finished_at: expect.any(Date), problem: null })
  expect(await sendingMailings(db)).not.toContainEqual({ ...mailing, perHour: null })
})

test('a mailing whose audience is not frozen yet is not finished', async () => {
  const { mailing, mailingId } = await mailingTo(0)
  await run(
    db,
    sql`update mailings set started_at = null where account_id = ${accountId} and mailing_id = ${mailingId}`,
  )
  expect(await finishMailing(db, mailing)).toBe(false)
})

test('a message that comes back to a cancelled mailing is cancelled', async () => {
  const { claim, states, mailingId } = await mailingTo(1)
  const message = first(await claim())
  await handOver(db, accountId, ME, [message.messageId])
  await run(
    db,
    sql`update mailings set status = 'cancelled' where account_id = ${accountId} and mailing_id = ${mailingId}`,
  )
  await recordAnswers(db, accountId, ME, [
    answerFor(message, { kind: 'deferred', command: 'DATA', answer: '451 later' }, new Date()),
  ])
  expect(await states()).toEqual({ cancelled: 1 })
})

test('a message of one account is out of reach for another', async () => {
  const { claim } = await mailingTo(1)
  const ids = idsOf(await claim())
  const { accountId: foreign } = await program.anotherAccount()
  expect(await handOver(db, foreign, ME, ids)).toEqual(new Set())
  await settleRefused(db, foreign, ids)
  expect(await handOver(db, accountId, ME, ids)).toEqual(new Set(ids))
})

// Last: it weakens the view, which later tests would miss.
test('one opt-out at the very moment of the check spares the other messages of the batch', async () => {
  const { claim, contacts } = await mailingTo(3)
  const taken = await claim()
  // As if the standing opt-out had become visible only to the trigger: the row is there, its message still waits.
  await sql`create or replace view mailable_contacts as
    select account_id, contact_id, address, address_key, fields from contacts`.execute(core.asOwner.db)
  await sql`insert into standing_optouts (account_id, address_key, entry_id, source, opted_out_at)
    values (${accountId}, ${first(contacts).addressKey}, 1, 'link', now())`.execute(core.asOwner.db)
  const passed = await handOver(db, accountId, ME, idsOf(taken))
  expect(passed).toEqual(new Set(idsOf(taken.slice(1))))
})
