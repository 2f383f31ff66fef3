import { z } from 'zod'
import { idText, pageOf, time } from '../platform/page.contract.ts'
import { account, line } from './account.contract.ts'

export const signIn = z.strictObject({ email: z.string().max(320), password: z.string().max(1000) })
export type SignIn = z.infer<typeof signIn>

/** SE-10: at least 8 characters, any of them, no composition rules. */
export const password = z.string().min(8, 'A password has at least 8 characters.').max(1000)

/** Creates the owner with the one-time link that the first start prints. */
export const newOwner = z.strictObject({
  token: z.string().max(200),
  email: z.email('An address looks like name@post.example.').max(320),
  password,
  name: line(200).optional(),
  accountName: line(200).min(1, 'Enter a name for the account.'),
})
export type NewOwner = z.infer<typeof newOwner>

export const me = z
  .object({
    user: z.object({ id: idText, email: z.string(), name: z.string() }),
    account,
    /** True when mail goes to the built-in mailbox. */
    builtInMailbox: z.boolean(),
  })
  .meta({ id: 'Me' })
export type Me = z.infer<typeof me>

export const apiKeyScope = z.enum(['read', 'full'])
export const newApiKey = z.strictObject({ name: line(200).min(1, 'Enter a name for the key.'), scope: apiKeyScope })
export type NewApiKey = z.infer<typeof newApiKey>
export const apiKey = z
  .object({
    id: idText,
    name: z.string(),
    scope: apiKeyScope,
    hint: z.string(),
    createdAt: time,
    lastUsedAt: time.nullable(),
    revokedAt: time.nullable(),
  })
  .meta({ id: 'ApiKey' })
export type ApiKey = z.infer<typeof apiKey>
/** The token is shown once, here. */
export const madeApiKey = apiKey.extend({ token: z.string() }).meta({ id: 'MadeApiKey' })
export type MadeApiKey = z.infer<typeof madeApiKey>
export const apiKeys = pageOf(apiKey)

/** Whether the first start still waits for its owner. */
export const setup = z.object({ ownerNeeded: z.boolean() }).meta({ id: 'Setup' })
