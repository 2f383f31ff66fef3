import { createHash, randomBytes } from 'node:crypto'

/** A secret of 256 random bits as 43 characters of [A-Za-z0-9_-] (SE-1 asks for 128). */
export const newToken = () => randomBytes(32).toString('base64url')

/** What is kept of a token: it cannot be turned back, and the token is long enough to need no slow hash. */
export const tokenHash = (token: string) => createHash('sha256').update(token).digest()
