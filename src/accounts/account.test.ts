import { expect, test } from 'vitest'
import { startProgram } from '../../test/program.ts'
import { rows, sql } from '../platform/database.ts'
import type { Account } from './account.contract.ts'

const program = await startProgram()
const change = (body: unknown) => program.api<Account>('PATCH', '/account', body)

test('an account keeps what mailings need', async () => {
  const given = {
    name: 'Herons & Co',
    senderName: 'Heron post',
    senderAddress: 'post@sender.example',
    postalAddress: 'Reed Lane 1, 1010 Vienna, Austria',
    contactUrl: 'mailto:ask@sender.example',
    language: 'de',
    timeZone: 'Europe/Vienna',
  }
  expect(await change(given)).toMatchObject({ status: 200, body: given })
  expect(await program.api('GET', '/account')).toMatchObject({
    status: 200,
    body: { ...given, id: program.accountId, organization: 'Quiet Herons' },
  })
})

test('a change leaves what it does not name, and an empty text clears', async () => {
  await change({ senderName: 'Heron post', contactUrl: 'https://sender.example/ask' })
  const { body } = await change({ contactUrl: '' })
  expect(body).toMatchObject({ senderName: 'Heron post', contactUrl: '' })
})

test('every change is noted with who made it (SE-14)', async () => {
  await change({ name: 'Noted' })
  const [noted] = await rows(
    program.core.db,
    sql<{ act: string; api_key_id: string | null; subject: unknown }>`
    select act, api_key_id, subject from audit_events where account_id = ${program.accountId} order by event_id desc limit 1`,
  )
  expect(noted).toMatchObject({ act: 'account.changed', subject: { details: ['name'] } })
  expect(noted?.api_key_id).not.toBe(null)
})

test.each([
  [{ senderAddress: 'nobody' }, 'account.invalid', '/senderAddress'],
  [{ timeZone: 'Mars/Base' }, 'account.invalid', '/timeZone'],
  [{ senderName: 'Herons\r\nBcc: everybody@sender.example' }, 'request.invalid', '/senderName'],
  [{ contactUrl: 'javascript:alert(1)' }, 'request.invalid', '/contactUrl'],
  [{ name: '' }, 'request.invalid', '/name'],
  [{ name: null }, 'request.invalid', '/name'],
])('%j is refused and says which value cannot be used (SE-5)', async (body, code, path) => {
  const answer = await program.api('PATCH', '/account', body)
  expect(answer).toMatchObject({ status: 400, body: { code, fields: [{ path }] } })
})

test('a detail that accounts do not have is refused (SE-9)', async () => {
  expect(await change({ organizationId: '1' })).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
})

test('one account does not see or change another (SE-9)', async () => {
  const other = await program.anotherAccount('Loud Herons')
  await program.api('PATCH', '/account', { name: 'Changed by the other' }, other.apiKey)
  expect((await program.api<Account>('GET', '/account')).body.name).not.toBe('Changed by the other')
})
