import { expect, test } from 'vitest'
import { answerFor } from './answer.ts'
import type { TakenMessage } from './message.ts'
import { retryDelay } from './retry.ts'

const hour = 3600
const now = new Date('2026-05-01T12:00:00Z')
const message: TakenMessage = {
  accountId: '1',
  messageId: '2',
  mailingId: '3',
  contactId: '4',
  addressKey: Buffer.alloc(16),
  address: 'ann@post.example',
  fields: {},
  attempts: 0,
  queuedAt: new Date('2026-05-01T11:59:00Z'),
  variant: null,
  isUntracked: false,
}

test('a deferred message is tried after 30 minutes, then ever more rarely, and given up after 5 days', () => {
  expect([1, 2, 3, 4, 5, 9].map((failures) => retryDelay(failures, 0))).toEqual([
    hour / 2,
    hour,
    2 * hour,
    4 * hour,
    4 * hour,
    4 * hour,
  ])
  expect(retryDelay(3, 5 * 24 * hour - 1)).toBe(2 * hour)
  expect(retryDelay(3, 5 * 24 * hour)).toBeNull()
})

test('an answer of 4yz is tried again, 5yz never (MP-9)', () => {
  const later = answerFor(message, { kind: 'deferred', command: 'RCPT TO', answer: '451 later' }, now)
  expect(later).toMatchObject({ state: 'deferred', dueAt: new Date('2026-05-01T12:30:00Z') })
  const never = answerFor(message, { kind: 'bounced', command: 'DATA', answer: '550 5.7.1 no' }, now)
  expect(never).toMatchObject({ state: 'bounced', refusal: { outcome: 'block' } })
  const old = { ...message, attempts: 40, queuedAt: new Date('2026-04-26T11:00:00Z') }
  expect(answerFor(old, { kind: 'deferred', command: 'DATA', answer: '451 later' }, now)).toEqual({
    messageId: '2',
    state: 'bounced',
    answer: 'given up after 5 days: 451 later',
    refusal: { outcome: 'soft', reason: 'temporary', status: '', reply: '451' },
  })
})

test.each([
  ['RCPT TO', '550 5.1.1 no such user', 'hard'],
  ['RCPT TO', '550 5.1.10 recipient not found', 'hard'],
  ['RCPT TO', '553-5.1.3 bad\n553 5.1.3 address', 'hard'],
  ['RCPT TO', '550 no such user', 'hard'],
  ['DATA', '550 5.1.1 no such user', 'hard'],
  ['DATA', '550 no such user', 'soft'],
  ['RCPT TO', '552 5.2.2 mailbox full', 'soft'],
  ['RCPT TO', '554 5.1.1 no', 'soft'],
  ['RCPT TO', '550 5.1.12 something else', 'soft'],
  ['RCPT TO', '550 5.7.1 blocked by policy', 'block'],
  ['RCPT TO', '550 5.7.515 sender does not authenticate', 'block'],
])('a refusal at %s with "%s" means %s, as it would in a returned mail (BN-8, BN-14)', (command, answer, outcome) => {
  expect(answerFor(message, { kind: 'bounced', command, answer }, now).refusal).toMatchObject({ outcome })
})

test('what this program refuses itself says nothing about the contact', () => {
  const answer = 'needs SMTPUTF8: the mail server takes no addresses with letters outside ASCII'
  expect(answerFor(message, { kind: 'bounced', command: 'API', answer }, now).refusal).toBeUndefined()
})
