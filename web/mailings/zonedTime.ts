/**
 * The moment (ISO 8601 UTC) of a wall-clock time such as `2026-12-04T08:00` in a time zone, or null when it is none.
 *
 * A time that a change of clocks skips is taken as the moment right after it.
 */
export function zonedTime(wall: string, zone: string): string | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(wall)) return null
  const asUtc = Date.parse(`${wall}Z`)
  if (Number.isNaN(asUtc)) return null
  // The offset of the zone at the guess may differ from the one at the answer: look twice.
  const first = asUtc - offset(asUtc, zone)
  const second = asUtc - offset(first, zone)
  const isSkipped = second + offset(second, zone) !== asUtc
  return new Date(isSkipped ? Math.max(first, second) : second).toISOString()
}

/** The moment at which a day such as `2026-12-04` begins in a time zone. */
export const startOfDay = (day: string, zone: string) => zonedTime(`${day}T00:00`, zone) ?? `${day}T00:00:00.000Z`

/** Milliseconds that the zone's clocks are ahead of UTC at a moment. */
function offset(moment: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).formatToParts(moment)
  const read = (type: string) => parts.find((part) => part.type === type)?.value ?? ''
  const wall = Date.parse(
    `${read('year')}-${read('month')}-${read('day')}T${read('hour')}:${read('minute')}:${read('second')}Z`,
  )
  return wall - Math.floor(moment / 1000) * 1000
}
