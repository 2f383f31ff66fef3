import { expect, test } from 'vitest'
import { startProgram } from '../../test/program.ts'
import { maybeRow, sql } from '../platform/database.ts'
import { callerOfApiKey, ensureApiKey, listApiKeys, makeApiKey, revokeApiKey } from './api-key.ts'

const program = await startProgram()
const { db } = program.core
const noon = new Date('2026-03-01T12:00:00Z')
const make = (name: string) => makeApiKey(db, program.accountId, { name, scope: 'read' }, program.userId)

test('the token of a key is shown once and never kept (SE-15)', async () => {
  const made = await make('Shop')
  expect(made.token).toMatch(/^lw_[A-Za-z0-9_-]{43}$/)
  expect(made.hint).toBe(made.token.slice(-4))
  const stored = await maybeRow(db, sql<{ text: string }>`select string_agg(key::text, ' ') as text from api_keys key`)
  expect(stored?.text).not.toContain(made.token)
  expect(JSON.stringify(await listApiKeys(db, program.accountId))).not.toContain(made.token)
})

test('a key says for which account it speaks and what it may do', async () => {
  const made = await make('Shop')
  expect(await callerOfApiKey(db, made.token, noon)).toEqual({
    accountId: program.accountId,
    userId: null,
    apiKeyId: made.id,
    scope: 'read',
  })
})

test('the list says when a key was last used, to the minute', async () => {
  const made = await make('Shop')
  const lastUsed = async () => (await listApiKeys(db, program.accountId)).find(({ id }) => id === made.id)?.lastUsedAt
  await callerOfApiKey(db, made.token, noon)
  await callerOfApiKey(db, made.token, new Date(noon.getTime() + 30_000))
  expect(await lastUsed()).toBe(noon.toISOString())
  await callerOfApiKey(db, made.token, new Date(noon.getTime() + 61_000))
  expect(await lastUsed()).toBe('2026-03-01T12:01:01.000Z')
})

test('a revoked key opens nothing, and setting it again does not bring it back', async () => {
  await ensureApiKey(db, program.accountId, 'Settings', 'lw_chosen-by-an-operator')
  const [key] = await listApiKeys(db, program.accountId)
  await revokeApiKey(db, program.accountId, key?.id ?? '', noon)
  await ensureApiKey(db, program.accountId, 'Settings', 'lw_chosen-by-an-operator')
  expect(await callerOfApiKey(db, 'lw_chosen-by-an-operator', noon)).toBe(null)
  expect((await listApiKeys(db, program.accountId))[0]?.revokedAt).toBe(noon.toISOString())
})

test('a key of another account cannot be revoked or seen (SE-9)', async () => {
  const made = await make('Shop')
  const other = await program.anotherAccount()
  await expect(revokeApiKey(db, other.accountId, made.id, noon)).rejects.toMatchObject({ code: 'api_key.not_found' })
  expect((await listApiKeys(db, other.accountId)).map(({ id }) => id)).not.toContain(made.id)
})
