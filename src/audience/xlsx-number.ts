/** How the number of a cell is to be written, by its style. */
export type NumberStyle = 'plain' | 'date' | { digits: number }

/** Number formats that are built in and stand for dates or times (ECMA-376 part 1, 18.8.30). */
const BUILT_IN_DATES = new Set([14, 15, 16, 17, 18, 19, 20, 21, 22, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36])
for (const id of [45, 46, 47, 50, 51, 52, 53, 54, 55, 56, 57, 58]) BUILT_IN_DATES.add(id)

/**
 * What a number format makes of a number: a date when it has parts of one, leading zeros when it is `00000`.
 *
 * @param code as in styles.xml; undefined for a built-in format
 */
export function numberStyle(id: number, code: string | undefined): NumberStyle {
  if (code === undefined) return BUILT_IN_DATES.has(id) ? 'date' : 'plain'
  const bare = code.split(';', 1)[0]?.replace(/"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]/gi, '') ?? ''
  if (/^0{2,}$/.test(bare.trim())) return { digits: bare.trim().length }
  return /[ymdhs]/i.test(bare.replace(/general/gi, '')) ? 'date' : 'plain'
}

/** A number as a person sees it: no `.0`, no exponent, at most 15 digits; dates as ISO text. */
export function numberText(raw: string, style: NumberStyle, is1904: boolean): string {
  const number = Number(raw)
  if (raw.trim() === '' || !Number.isFinite(number)) return raw.trim()
  if (style === 'date') return dateText(number, is1904)
  const text = decimalText(Number(number.toPrecision(15)))
  return typeof style === 'object' && /^\d+$/.test(text) ? text.padStart(style.digits, '0') : text
}

function decimalText(number: number): string {
  const text = String(number)
  if (!text.includes('e')) return text
  return Number.isInteger(number) ? BigInt(number).toString() : number.toFixed(20).replace(/0+$/, '')
}

const DAY_MS = 86_400_000

/**
 * A serial date: days since 1900, in which the year 1900 has a 29 February that there never was, or since 1904.
 * Times are kept to the second.
 */
function dateText(serial: number, is1904: boolean): string {
  if (serial < 0 || serial > 2_958_466) return decimalText(serial)
  const seconds = Math.round((serial % 1) * 86_400)
  const time = new Date(seconds * 1000).toISOString().slice(11, 19)
  if (serial < 1 && !is1904) return time
  const days = Math.floor(serial) + (seconds === 86_400 ? 1 : 0)
  const since = is1904 ? Date.UTC(1904, 0, 1) : Date.UTC(1899, 11, days < 60 ? 31 : 30)
  const day = new Date(since + days * DAY_MS).toISOString().slice(0, 10)
  return seconds % 86_400 === 0 ? day : `${day} ${time.endsWith(':00') ? time.slice(0, 5) : time}`
}
