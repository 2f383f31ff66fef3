/** A failure the caller can act on. `code` is public and stable; `message` says what to do. */
export class DomainError<Code extends string = string> extends Error {
  readonly code: Code
  /** Problems by field or finding, for the caller to show beside their cause. */
  readonly fields: unknown

  constructor(code: Code, message: string, options: ErrorOptions & { fields?: unknown } = {}) {
    super(message, options)
    this.name = 'DomainError'
    this.code = code
    this.fields = options.fields
  }
}

/** SQLSTATEs that the schema raises (migrations/0005_optouts.sql, 0017_groups.sql). */
const LOCKED = 'LW001'
const WITHHELD = 'LW002'
const FULL = 'LW004'

/** True when the database refused a change because the contact opted out. */
export const isLocked = (error: unknown) => sqlState(error) === LOCKED

/** True when the database refused to hand a message over because its address opted out. */
export const isWithheld = (error: unknown) => sqlState(error) === WITHHELD

/** The name of the test group that is full, when the database refused a change for that; else undefined. */
export function fullGroup(error: unknown): string | undefined {
  if (sqlState(error) !== FULL) return undefined
  return error instanceof Error && 'detail' in error ? String(error.detail) : ''
}

/** True when the transaction can be tried again as it is: serialization failure or deadlock. */
export const isRetryable = (error: unknown) => ['40001', '40P01'].includes(sqlState(error) ?? '')

/** True when the database cannot be reached or is going down; nothing was committed that was not answered. */
export function isUnavailable(error: unknown): boolean {
  const state = sqlState(error) ?? ''
  return (
    /^(08|57P0|53)/.test(state) ||
    ['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT'].includes(state) ||
    (error instanceof Error && /Connection terminated|timeout exceeded when trying to connect/.test(error.message))
  )
}

/** The unique constraint or index that a statement violated, or undefined. */
export function violatedConstraint(error: unknown): string | undefined {
  if (sqlState(error) !== '23505' || !(error instanceof Error) || !('constraint' in error)) return undefined
  return String(error.constraint)
}

function sqlState(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
