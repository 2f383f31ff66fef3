import { hash, verify } from '@node-rs/argon2'
import { COMMON_PASSWORDS } from './common-passwords.ts'

// argon2id is the package's default algorithm. 19 MiB and two passes: OWASP Password Storage, first choice.
const COST = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 }

export const hashPassword = (password: string): Promise<string> => hash(password.normalize('NFC'), COST)

/**
 * Tells whether `password` fits `stored`; takes as long when there is no such user, so that nobody learns who has an
 * account from the time it takes (SE-10).
 */
export async function fitsPassword(password: string, stored: string | undefined): Promise<boolean> {
  const fits = await verify(stored ?? (await nobody()), password.normalize('NFC'))
  return fits && stored !== undefined
}

/** Why a password is too easy to guess, as one sentence, or null (SE-10). */
export function passwordProblem(password: string, email: string): string | null {
  if (password.length < 8) return 'A password has at least 8 characters.'
  const guess = password.toLowerCase()
  if (guess === email.toLowerCase() || guess === email.toLowerCase().split('@')[0])
    return 'Your email address is not a password.'
  if (COMMON_PASSWORDS.has(guess) || /^(.)\1*$/u.test(guess))
    return 'This is one of the passwords that are tried first. Choose another.'
  return null
}

let nobodysHash: Promise<string> | undefined
const nobody = () => (nobodysHash ??= hashPassword('nobody has this password'))
