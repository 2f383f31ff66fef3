// Numbers and times as people read them; the words of the application are British English.
const language = 'en-GB'
const whole = new Intl.NumberFormat(language)

export const count = (n: number) => whole.format(n)

/** "1 contact", "2 contacts", "1 person", "2 people" */
export const counted = (n: number, one: string, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`

/** A share as per cent: one place below 10, none above; a dash when there is no whole. */
export function percent(part: number, of: number): string {
  if (of === 0) return '–'
  const share = (part / of) * 100
  return `${share.toLocaleString(language, { maximumFractionDigits: share < 10 ? 1 : 0 })}%`
}

export const size = (bytes: number) =>
  bytes < 1_000_000 ? `${count(Math.max(1, Math.round(bytes / 1000)))} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`

/** "a, b and c" */
export const listed = (items: string[]) => new Intl.ListFormat(language).format(items)

export const day = (iso: string, zone: string) => write(iso, zone, { day: 'numeric', month: 'short', year: 'numeric' })
export const longDay = (iso: string, zone: string) =>
  write(iso, zone, { day: 'numeric', month: 'long', year: 'numeric' })
export const weekday = (iso: string, zone: string) =>
  write(iso, zone, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
export const clock = (iso: string, zone: string, seconds = false) =>
  write(iso, zone, { hour: '2-digit', minute: '2-digit', ...(seconds ? { second: '2-digit' } : {}) })

/** "14 Nov 2026, 09:42"; with seconds for opt-outs. */
export const moment = (iso: string, zone: string, seconds = false) => `${day(iso, zone)}, ${clock(iso, zone, seconds)}`

export const isToday = (iso: string, zone: string, now: Date) => day(iso, zone) === day(now.toISOString(), zone)

/** "4 seconds", "2 minutes" between two times */
export function took(from: string, to: string): string {
  const seconds = Math.max(1, Math.round((Date.parse(to) - Date.parse(from)) / 1000))
  return seconds < 120 ? counted(seconds, 'second') : counted(Math.round(seconds / 60), 'minute')
}

function write(iso: string, zone: string, parts: Intl.DateTimeFormatOptions) {
  return new Intl.DateTimeFormat(language, { timeZone: zone, ...parts }).format(new Date(iso))
}
