import { expect, test } from 'vitest'
import { about, nextOf, paceOf } from './progressWords.ts'

test('what is left is said in the largest unit that fits', () => {
  expect([20, 100, 3000, 5 * 3600, 47 * 3600, 72 * 3600].map(about)).toEqual([
    '1 minute',
    '2 minutes',
    '50 minutes',
    '5 hours',
    '47 hours',
    '3 days',
  ])
})

test('a rate is a second for fast mailings, a minute for slow ones, and no time is promised that nobody knows', () => {
  expect(paceOf({ perMinute: 3120, secondsLeft: 118, next: null })).toBe('About 2 minutes left, 52 a second')
  expect(paceOf({ perMinute: 60, secondsLeft: 40, next: null })).toBe('Less than a minute left, 60 a minute')
  expect(paceOf({ perMinute: 0, secondsLeft: null, next: null })).toBe('No message in the last minute')
})

test('who is next is said by their own clock', () => {
  const next = { at: '2026-12-04T08:00:00.000Z', timeZone: 'Europe/Berlin', recipients: 3211 }
  expect(nextOf(next, new Date('2026-12-04T03:00:00Z'))).toBe('Next: 3,211 people at 09:00 Europe/Berlin')
  expect(nextOf(next, new Date('2026-12-03T12:00:00Z'))).toBe('Next: 3,211 people at 09:00 on 4 Dec 2026 Europe/Berlin')
})
