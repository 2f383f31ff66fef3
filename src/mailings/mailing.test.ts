import { expect, test } from 'vitest'
import { startMailings } from '../../test/mailings.ts'
import { run, sql } from '../platform/database.ts'
import { audienceSums } from './audience.ts'
import type { Mailing } from './mailing.contract.ts'

const { accountId, addTo, api, check, db, draft, groupOf, program, stopsOf } = await startMailings()

test('a draft is made, changed, listed and deleted', async () => {
  const groupId = await groupOf(['ann'])
  const made = await draft({ groupIds: [groupId] })
  expect(made).toMatchObject({ status: 'draft', groupIds: [groupId], text: '', counts: { recipients: 0, optedOut: 0 } })
  const changed = await api<Mailing>('PATCH', `/mailings/${made.id}`, { subject: 'New', groupIds: [] })
  expect(changed.body).toMatchObject({ subject: 'New', name: 'Lanterns', groupIds: [] })
  const listed = await api<{ items: Mailing[]; nextCursor: string | null }>('GET', '/mailings?limit=1&status=draft')
  expect(listed.body.items.map(({ id }) => id)).toEqual([made.id])
  expect((await api('DELETE', `/mailings/${made.id}`)).status).toBe(204)
  expect((await api('GET', `/mailings/${made.id}`)).status).toBe(404)
})

test('mailings are listed page by page, the newest first', async () => {
  const ids = [(await draft()).id, (await draft()).id, (await draft()).id].reverse()
  const first = (await api<{ items: Mailing[]; nextCursor: string }>('GET', '/mailings?limit=2')).body
  expect(first.items.map(({ id }) => id)).toEqual(ids.slice(0, 2))
  const second = (await api<{ items: Mailing[] }>('GET', `/mailings?limit=1&cursor=${first.nextCursor}`)).body
  expect(second.items.map(({ id }) => id)).toEqual(ids.slice(2))
  expect((await api('GET', '/mailings?cursor=nonsense')).status).toBe(400)
})

test('a group that is unknown, archived or another account’s cannot be chosen', async () => {
  const archived = await groupOf(['ann'])
  await run(db, sql`update groups set archived_at = now() where account_id = ${accountId} and group_id = ${archived}`)
  const other = await program.anotherAccount()
  const foreign = await groupOf(['eve'], other.accountId)
  for (const groupId of [archived, foreign, '999999'])
    expect(await api('POST', '/mailings', { name: 'x', groupIds: [groupId] })).toMatchObject({
      status: 400,
      body: { code: 'mailing.invalid' },
    })
})

test('a mailing that goes to test groups alone says so in its subject', async () => {
  const [proofs, regular] = [await groupOf(['ann']), await groupOf(['bob'])]
  const { body: test } = await api<{ id: string }>('POST', '/groups', { name: 'Proof readers', kind: 'test' })
  const { id } = await draft({ subject: 'Lanterns', groupIds: [test.id], excludedGroupIds: [proofs] })
  const subject = async () => (await api<{ subject: string }>('GET', `/mailings/${id}/preview`)).body.subject
  expect(await subject()).toBe('[TEST] Lanterns')
  expect((await api<Mailing>('GET', `/mailings/${id}`)).body.subject).toBe('Lanterns')
  await api('PATCH', `/mailings/${id}`, { subject: '[TEST] Lanterns again' })
  expect(await subject()).toBe('[TEST] Lanterns again')
  await api('PATCH', `/mailings/${id}`, { subject: 'Lanterns', groupIds: [test.id, regular] })
  expect(await subject()).toBe('Lanterns')
})

test('control characters and unknown properties are refused with 400 (SE-5)', async () => {
  for (const part of [
    { subject: 'a\r\nBcc: x' },
    { fromName: 'a\u0000' },
    { fromName: 'a\u202e' },
    { headers: {} },
    { replyTo: 'x' },
    { status: 'sent' },
    { name: '' },
  ])
    expect((await api('POST', '/mailings', { name: 'x', ...part })).status).toBe(400)
})

test('the footer speaks the account’s language and direction', async () => {
  const { id } = await draft({ groupIds: [await groupOf(['ann'])] })
  for (const [language, word, dir] of [
    ['de', 'Abmelden', 'ltr'],
    ['ar', 'إلغاء الاشتراك', 'rtl'],
    ['en', 'Opt out', 'ltr'],
  ]) {
    await run(db, sql`update accounts set language = ${language} where account_id = ${accountId}`)
    const { html, text } = (await api<{ html: string; text: string }>('GET', `/mailings/${id}/preview`)).body
    expect(html).toContain(`<html lang="${language}" dir="${dir}">`)
    expect(html).toContain(`>${word}</a>`)
    expect(text).toContain(`${word}: http`)
    expect(stopsOf(await check(id))).toEqual([])
  }
})

test('a preview shows one contact, or an invented one, and its links opt nobody out', async () => {
  const group = await groupOf(['ann'])
  const contactId = await addTo(group, 'zoe')
  const { id } = await draft({ subject: 'Hi {{ contact.first_name }}', groupIds: [group] })
  expect((await api<{ subject: string }>('GET', `/mailings/${id}/preview`)).body.subject).toBe('Hi Robin')
  const shown = (await api<{ subject: string; html: string }>('GET', `/mailings/${id}/preview?contactId=${contactId}`))
    .body
  expect(shown.subject).toBe('Hi zoe')
  expect((await api('GET', `/mailings/${id}/preview?contactId=999999`)).status).toBe(404)
  const url = /http[^"]*\/o\/[\w-]{62}/.exec(shown.html)?.[0] ?? ''
  await fetch(url, { method: 'POST', body: 'List-Unsubscribe=One-Click' })
  expect((await check(id)).audience.recipients).toBe(2)
})

test('no account sees, changes or sends another’s mailing (SE-9)', async () => {
  const { id } = await draft({ groupIds: [await groupOf(['ann'])] })
  const { apiKey } = await program.anotherAccount()
  for (const [method, path] of [
    ['GET', ''],
    ['PATCH', ''],
    ['DELETE', ''],
    ['POST', '/check'],
    ['POST', '/send'],
    ['POST', '/pause'],
    ['POST', '/resume'],
    ['POST', '/cancel'],
    ['GET', '/preview'],
  ] as const)
    expect(
      (await api(method, `/mailings/${id}${path}`, method === 'PATCH' ? { subject: 'x' } : undefined, apiKey)).status,
    ).toBe(404)
  expect((await api<{ items: Mailing[] }>('GET', '/mailings', undefined, apiKey)).body.items).toEqual([])
  expect(await audienceSums(db, '999', id)).toMatchObject({ chosen: 0, recipients: 0 })
})
