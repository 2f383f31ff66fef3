import { expect, test } from 'vitest'
import { startOfDay, zonedTime } from './zonedTime.ts'

test.each([
  ['2026-12-04T08:00', 'UTC', '2026-12-04T08:00:00.000Z'],
  ['2026-12-04T08:00', 'Europe/Berlin', '2026-12-04T07:00:00.000Z'],
  ['2026-07-04T08:00', 'Europe/Berlin', '2026-07-04T06:00:00.000Z'],
  ['2026-12-04T08:00', 'America/New_York', '2026-12-04T13:00:00.000Z'],
  ['2026-12-04T00:30', 'Pacific/Auckland', '2026-12-03T11:30:00.000Z'],
])('%s in %s is %s', (wall, zone, moment) => {
  expect(zonedTime(wall, zone)).toBe(moment)
})

test('what is no time is none', () => {
  expect(zonedTime('', 'UTC')).toBeNull()
  expect(zonedTime('tomorrow', 'UTC')).toBeNull()
  expect(zonedTime('2026-13-40T99:99', 'UTC')).toBeNull()
})

test.each([
  ['2026-11-14', 'UTC', '2026-11-14T00:00:00.000Z'],
  ['2026-11-14', 'Europe/Vienna', '2026-11-13T23:00:00.000Z'],
  ['2026-11-14', 'America/New_York', '2026-11-14T05:00:00.000Z'],
  // Clocks skip midnight on this day, so it begins at one.
  ['2026-09-06', 'America/Santiago', '2026-09-06T04:00:00.000Z'],
])('the day %s in %s begins at %s', (day, zone, moment) => {
  expect(startOfDay(day, zone)).toBe(moment)
})
