import { expect, test } from 'vitest'
import { startMailings } from '../../test/mailings.ts'
import { signLink } from '../optouts/link.ts'
import { row, sql } from '../platform/database.ts'

const { accountId, api, core, db, draft, groupOf, keyOf, name, program, send, started } = await startMailings()

test('links of a deleted mailing keep working (INV-12)', async () => {
  const { id } = await draft({ groupIds: [await groupOf(['ann'])] })
  await send(id)
  await started(id)
  const key = keyOf(name('ann'))
  const { token } = signLink(core.keys.link, { accountId, addressKey: key, mailingId: id })
  const before = await fetch(`${program.url}/v/${token}`)
  expect(before.status).toBe(200)
  expect(await before.text()).toContain('Dear ann,')
  expect(before.headers.get('content-security-policy')).toContain('sandbox')
  await api('POST', `/mailings/${id}/cancel`)
  expect((await api('DELETE', `/mailings/${id}`)).status).toBe(204)
  const after = await fetch(`${program.url}/v/${token}`)
  expect(after.status).toBe(404)
  expect(await after.text()).toContain(`/o/${token}">Opt out</a>`)
  const out = await fetch(`${program.url}/o/${token}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'List-Unsubscribe=One-Click',
  })
  expect(out.status).toBe(200)
  expect(
    await row(
      db,
      sql`select source, mailing_id from standing_optouts where account_id = ${accountId} and address_key = ${key}`,
    ),
  ).toEqual({ source: 'one_click', mailing_id: id })
})

test('a view link that is not ours shows no mail and changes nothing (SE-7)', async () => {
  for (const token of ['x', 'A'.repeat(62), '%00', '..%2f..'])
    expect((await fetch(`${program.url}/v/${token}`)).status).toBe(404)
  expect((await fetch(`${program.url}/v/x`, { method: 'POST' })).status).toBe(404)
  const german = await fetch(`${program.url}/v/x`, { headers: { 'accept-language': 'de' } })
  expect(await german.text()).toContain('<html lang="de" dir="ltr">')
})
