import { beforeEach, expect, test } from 'vitest'
import { freshDatabase } from '../../test/database.ts'
import { testCore } from '../../test/program.ts'
import { rows, sql } from '../platform/database.ts'
import { callerOfApiKey } from './api-key.ts'
import { createOwner, ensureOwner, isOwnerNeeded, ownerLink } from './owner.ts'
import { signIn } from './sign-in.ts'

const core = testCore(await freshDatabase())
const asked = { email: 'Owner@Sender.example', password: 'three quiet herons', accountName: 'Quiet Herons' }
const tokenOf = (link: string | null) => link?.split('#')[1] ?? ''
const settings = (owner: Partial<typeof core.config>) => ({ ...core, config: { ...core.config, ...owner } })

beforeEach(async () => {
  await sql`truncate organizations, accounts, users, sessions, owner_links, api_keys, fields, sign_in_failures cascade`.execute(
    core.asOwner.db,
  )
})

test('the one-time link creates the owner, the account and its first fields', async () => {
  const link = await ownerLink(core)
  expect(link).toMatch(/^http:\/\/localhost:0\/welcome#[A-Za-z0-9_-]{43}$/)
  const { accountId } = await createOwner(core, { ...asked, token: tokenOf(link) })
  const fields = await rows(
    core.db,
    sql`select name, label from fields where account_id = ${accountId} order by position`,
  )
  expect(fields).toEqual([
    { name: 'first_name', label: 'First name' },
    { name: 'last_name', label: 'Last name' },
  ])
  await signIn(core, asked, '192.0.2.1')
})

test('the link works once', async () => {
  const token = tokenOf(await ownerLink(core))
  await createOwner(core, { ...asked, token })
  const again = createOwner(core, { ...asked, token, email: 'other@sender.example' })
  await expect(again).rejects.toMatchObject({ code: 'owner.link_used' })
})

test('two people who open the link at once make one owner', async () => {
  const [first, second] = [tokenOf(await ownerLink(core)), tokenOf(await ownerLink(core))]
  const made = await Promise.allSettled(
    [first, second, first].map((token, index) =>
      createOwner(core, { ...asked, token, email: `p${index}@sender.example` }),
    ),
  )
  expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect(await rows(core.db, sql`select 1 from users`)).toHaveLength(1)
  expect(await rows(core.db, sql`select 1 from accounts`)).toHaveLength(1)
})

test('a link that is not ours creates nothing', async () => {
  await ownerLink(core)
  await expect(createOwner(core, { ...asked, token: 'x'.repeat(43) })).rejects.toMatchObject({
    code: 'owner.link_used',
  })
  expect(await isOwnerNeeded(core.db)).toBe(true)
})

test('an easy password is refused and the link still works (SE-10)', async () => {
  const token = tokenOf(await ownerLink(core))
  await expect(createOwner(core, { ...asked, token, password: 'password123' })).rejects.toMatchObject({
    code: 'account.invalid',
    fields: [{ path: '/password' }],
  })
  await createOwner(core, { ...asked, token })
})

test('there is no link once there is an owner', async () => {
  await createOwner(core, { ...asked, token: tokenOf(await ownerLink(core)) })
  expect(await ownerLink(core)).toBe(null)
})

test('OWNER_EMAIL, OWNER_PASSWORD and OWNER_API_KEY create owner and key, once', async () => {
  const ownerApiKey = 'lw_a-key-that-an-operator-chose'
  const program = settings({ owner: { email: 'owner@sender.example', password: asked.password }, ownerApiKey })
  await Promise.all([ensureOwner(program), ensureOwner(program)])
  await ensureOwner(program)
  const caller = await callerOfApiKey(core.db, ownerApiKey, new Date())
  expect(caller).toMatchObject({ scope: 'full', userId: null })
  expect(await rows(core.db, sql`select email from users`)).toEqual([{ email: 'owner@sender.example' }])
  expect(await rows(core.db, sql`select 1 from api_keys`)).toHaveLength(1)
  await signIn(program, { email: 'owner@sender.example', password: asked.password }, '192.0.2.1')
})

test('a key from the settings works before there is an owner, who then gets that account', async () => {
  const ownerApiKey = 'lw_a-key-that-an-operator-chose'
  await ensureOwner(settings({ ownerApiKey }))
  const { accountId } = await createOwner(core, { ...asked, token: tokenOf(await ownerLink(core)) })
  expect((await callerOfApiKey(core.db, ownerApiKey, new Date()))?.accountId).toBe(accountId)
  expect(await rows(core.db, sql`select name from accounts`)).toEqual([{ name: 'Quiet Herons' }])
})

test('the settings refuse an easy password', async () => {
  const easy = ensureOwner(settings({ owner: { email: 'owner@sender.example', password: 'password123' } }))
  await expect(easy).rejects.toMatchObject({ code: 'account.invalid' })
})

test('without these settings nothing is created', async () => {
  await ensureOwner(core)
  expect(await isOwnerNeeded(core.db)).toBe(true)
})
