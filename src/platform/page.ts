import { DomainError } from './errors.ts'

export type PageErrorCode = 'request.invalid_cursor'

/** The place after which the next page begins, as opaque text. */
export const cursorAfter = (...place: string[]): string => Buffer.from(JSON.stringify(place)).toString('base64url')

/**
 * Reads a cursor of `parts` values; null without one.
 *
 * @throws DomainError request.invalid_cursor when this list did not make it
 */
export function readCursor(cursor: string | undefined, parts: number): string[] | null {
  if (cursor === undefined) return null
  const place = parse(cursor)
  // The last value is always an id; the ones before it are what the list is ordered by.
  if (Array.isArray(place) && place.length === parts && place.every(isPlain) && isId.test(place.at(-1) ?? ''))
    return place
  throw new DomainError<PageErrorCode>(
    'request.invalid_cursor',
    'This cursor is not one that this list gave. Begin without one.',
  )
}

const isId = /^[1-9]\d{0,17}$/
/** The database takes no NUL. */
const isPlain = (value: unknown): value is string => typeof value === 'string' && !value.includes('\0')

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    return null
  }
}

/** The first `limit` of rows that were read with one more, and the cursor when there are others. */
export function pageOfRows<Row>(rows: Row[], limit: number, place: (last: Row) => string[]) {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return { page, nextCursor: rows.length > limit && last !== undefined ? cursorAfter(...place(last)) : null }
}
