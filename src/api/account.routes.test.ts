import { expect, test } from 'vitest'
import { startProgram } from '../../test/program.ts'
import type { ApiKey, MadeApiKey } from '../accounts/session.contract.ts'
import { rows, sql } from '../platform/database.ts'

const program = await startProgram()
const { api: asOwner } = await program.signIn()
const newKey = { name: 'Shop', scope: 'full' }

test('a signed-in person makes an API key, uses it and revokes it', async () => {
  const made = await asOwner<MadeApiKey>('POST', '/api-keys', newKey)
  expect(made).toMatchObject({ status: 201, body: { name: 'Shop', scope: 'full', revokedAt: null } })
  expect((await program.api('GET', '/account', undefined, made.body.token)).status).toBe(200)
  expect((await asOwner('DELETE', `/api-keys/${made.body.id}`)).status).toBe(204)
  expect((await program.api('GET', '/account', undefined, made.body.token)).status).toBe(401)
})

test('the list of keys shows how they end, never the keys', async () => {
  const { body: made } = await asOwner<MadeApiKey>('POST', '/api-keys', newKey)
  const { body } = await asOwner<{ items: ApiKey[]; nextCursor: string | null }>('GET', '/api-keys')
  expect(body.items[0]).toMatchObject({ id: made.id, hint: made.token.slice(-4) })
  expect(JSON.stringify(body)).not.toContain(made.token)
})

test('a key cannot make or revoke keys, so that a leaked one leaves nothing behind', async () => {
  const { body: made } = await asOwner<MadeApiKey>('POST', '/api-keys', newKey)
  expect(await program.api('POST', '/api-keys', newKey)).toMatchObject({
    status: 403,
    body: { code: 'request.forbidden' },
  })
  expect((await program.api('DELETE', `/api-keys/${made.id}`)).status).toBe(403)
})

test('making and revoking keys is noted with the person (SE-14)', async () => {
  const { body: made } = await asOwner<MadeApiKey>('POST', '/api-keys', newKey)
  await asOwner('DELETE', `/api-keys/${made.id}`)
  const noted = await rows(
    program.core.db,
    sql`select act, user_id from audit_events where account_id = ${program.accountId} and subject ->> 'id' = ${made.id} order by event_id`,
  )
  expect(noted).toEqual([
    { act: 'api_key.made', user_id: program.userId },
    { act: 'api_key.revoked', user_id: program.userId },
  ])
})

test('a key that is not there cannot be revoked', async () => {
  expect(await asOwner('DELETE', '/api-keys/999')).toMatchObject({ status: 404, body: { code: 'api_key.not_found' } })
})
