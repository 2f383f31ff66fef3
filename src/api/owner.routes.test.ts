import { afterAll, expect, test } from 'vitest'
import { freshDatabase } from '../../test/database.ts'
import { call, testCore } from '../../test/program.ts'
import { ownerLink } from '../accounts/owner.ts'
import type { Me } from '../accounts/session.contract.ts'
import { buildServer } from '../http/server.ts'

const core = testCore(await freshDatabase())
const server = await buildServer(core)
const url = await server.listen({ port: 0, host: '127.0.0.1' })
afterAll(() => server.close())

test('the newcomer creates the owner with the link of the first start and is signed in', async () => {
  const v1 = `${url}/api/v1`
  expect((await call(`${v1}/setup`, 'GET', undefined, {})).body).toEqual({ ownerNeeded: true })
  const token = (await ownerLink(core))?.split('#')[1]
  const asked = { token, email: 'ann@sender.example', password: 'three quiet herons', accountName: 'Ann’s post' }
  const made = await call<Me>(`${v1}/owner`, 'POST', asked, { origin: url })
  expect(made).toMatchObject({
    status: 201,
    body: { user: { email: 'ann@sender.example' }, account: { name: 'Ann’s post' } },
  })
  const [cookie = ''] = made.headers.getSetCookie()
  expect((await call<Me>(`${v1}/me`, 'GET', undefined, { cookie })).body.user).toEqual(made.body.user)
  expect(await call(`${v1}/owner`, 'POST', asked, {})).toMatchObject({ status: 409, body: { code: 'owner.link_used' } })
})
