/** More figures than these are not kept exactly: they come back as another number. */
const MOST_FIGURES = 15
const LARGEST = 1e15
const SMALLEST = 1e-15

/** True for a number that is kept as it is written: 15 significant figures, and not beyond 15 on either side of the point. */
export function isExact(number: number): boolean {
  if (number === 0) return true
  const size = Math.abs(number)
  return size < LARGEST && size >= SMALLEST && Number(number.toPrecision(MOST_FIGURES)) === number
}

/**
 * The number that a text means, or null.
 *
 * One point is a decimal point. One comma is a decimal comma, but before exactly three figures it could part thousands as
 * well, so 1,500 is refused and 0,500 or 1,5 is not. Thousands may be parted by spaces, apostrophes, or by commas or points
 * where there are two of them or the other sign follows: 1 500, 1’500, 1,500,000, 1.500,5.
 */
export function numberOf(text: string): number | null {
  if (SHORT.test(text)) return Number(text) + 0
  const trimmed = text.trim().replace(/^[−–]/, '-')
  const plain = PLAIN.test(trimmed) ? trimmed : plainOf(trimmed)
  if (plain === null || figures(plain) > MOST_FIGURES) return null
  const number = Number(plain)
  return isExact(number) ? number + 0 : null // + 0 makes 0 of -0
}

/** Most numbers are of this form, and few figures are always kept exactly. */
const SHORT = /^-?\d{1,9}(?:\.\d{1,5})?$/
const PLAIN = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?$/

function plainOf(text: string): string | null {
  const found = /^([+-]?)(\d[\d\s'’.,]*|[.,]\d+)$/.exec(text)
  const [, sign = '', rest = ''] = found ?? []
  if (!found) return null
  for (const { style, parting } of STYLES)
    if (style.test(rest)) return isTwofold(rest) ? null : sign + decimal(rest.replace(parting, ''))
  return /^\d*,\d+$/.test(rest) ? sign + decimal(rest) : null
}

/** What parts thousands, and what may stand before the decimals then. */
const STYLES = [
  { style: /^[1-9]\d{0,2}(?:\s\d{3})+(?:[.,]\d+)?$/, parting: /\s/g },
  { style: /^[1-9]\d{0,2}(?:['’]\d{3})+(?:[.,]\d+)?$/, parting: /['’]/g },
  { style: /^[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?$/, parting: /,/g },
  { style: /^[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?$/, parting: /\./g },
]

/** 1,500 is 1500 for some and 1.5 for others; 0,500 can be but one. */
const isTwofold = (text: string) => /^[1-9]\d{0,2},\d{3}$/.test(text)

const decimal = (text: string) => text.replace(',', '.')

const figures = (plain: string) =>
  plain
    .replace(/[eE].*$/, '')
    .replace(/[+\-.]/g, '')
    .replace(/^0+|0+$/g, '').length
