import { useState } from 'react'
import { clock, day, isToday, moment } from './format.ts'
import { usePlace } from './place.tsx'

/** A time in the account's zone, UTC in the tooltip. `as`: the day alone, to the minute, or to the second. */
export function When({ at, as = 'minute' }: { at: string; as?: 'day' | 'minute' | 'second' | 'brief' }) {
  const { zone } = usePlace()
  const [now] = useState(() => new Date())
  const text =
    as === 'day'
      ? day(at, zone)
      : as === 'brief' && isToday(at, zone, now)
        ? clock(at, zone)
        : moment(at, zone, as === 'second')
  return (
    <time className="num nowrap" dateTime={at} title={`${moment(at, 'UTC', true)} UTC`}>
      {text}
    </time>
  )
}
