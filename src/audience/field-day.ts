/**
 * The day that a text means as YYYY-MM-DD; null when it is none, or why it cannot be told.
 *
 * Year first is read with -, / or . between; with points the day stands first (01.06.2024); with / or - the two others
 * are told apart only when one of them is above 12 or both are the same. A time of day after an ISO day is left out.
 */
export function dayOf(text: string): string | null | { why: string } {
  const iso = YEAR_FIRST.exec(text)
  if (iso) return day(iso[1], iso[3], iso[4])
  const other = /^\s*(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})\s*$/.exec(text)
  if (!other) return null
  const [, first = '', sign, second = '', year = ''] = other
  if (year.length === 2) return { why: 'has a year of two figures' }
  if (sign === '.' || Number(first) > 12) return day(year, second, first)
  if (Number(second) > 12 || Number(first) === Number(second)) return day(year, first, second)
  const [one, two] = [day(year, first, second), day(year, second, first)]
  return one === null || two === null ? null : { why: `could be ${one} or ${two}` }
}

const YEAR_FIRST =
  /^\s*(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[T ]\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?\s*(?:Z|[+-]\d\d:?\d\d)?)?\s*$/

/** Without Date, which takes ten times as long: files have millions of days. */
function day(year = '', month = '', ofMonth = ''): string | null {
  const [y, m, d] = [Number(year), Number(month), Number(ofMonth)]
  if (y < 1000 || m < 1 || m > 12 || d < 1 || d > daysIn(y, m)) return null
  return `${year}-${month.length === 1 ? '0' : ''}${month}-${ofMonth.length === 1 ? '0' : ''}${ofMonth}`
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}
