const MINUTE = 60
const DAY = 24 * 60 * MINUTE

/**
 * Seconds until the next attempt, or null to give up.
 *
 * @param failures temporary failures so far, from 1
 * @param age seconds since the message was queued
 * Source: RFC 5321 §4.5.4.1 (no sooner than 30 minutes, give up after 4 to 5 days).
 */
export function retryDelay(failures: number, age: number): number | null {
  if (age >= 5 * DAY) return null
  return Math.min(30 * MINUTE * 2 ** Math.max(0, failures - 1), 4 * 60 * MINUTE)
}
