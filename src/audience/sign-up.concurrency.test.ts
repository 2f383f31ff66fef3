// A confirmation and an opt-out at one moment: who commits later is who holds. One side is held open (SE-11).
import { expect, test } from 'vitest'
import { freshDatabase } from '../../test/database.ts'
import { testCore } from '../../test/program.ts'
import { insertContact, keyOf } from '../../test/sample.ts'
import { handAllOver } from '../../test/sign-up.ts'
import { holdTransaction, isDoneSoon, whenWaiting } from '../../test/waiting.ts'
import { insertAccount } from '../accounts/owner.ts'
import { optOut } from '../optouts/optout.ts'
import { row, rows, sql, transaction } from '../platform/database.ts'
import { enteredAddress } from './contact-address.ts'
import { findShownForm } from './form-shown.ts'
import { askSignUp } from './sign-up.ts'
import { confirmSignUp } from './sign-up-confirm.ts'
import { remakeToken } from './sign-up-token.ts'

const core = testCore(await freshDatabase())
const { db, asOwner } = core
const { accountId } = await transaction(db, (trx) => insertAccount(trx, 'Fernmoor Garden'))
const request = { ip: '192.0.2.7', userAgent: 'Tests', evidence: {} }
let made = 0

async function person({ isContact = true, isOut = true } = {}) {
  const address = `ann.${++made}@post.example`
  const key = keyOf(core, address)
  if (isContact) await insertContact(core, accountId, address)
  if (isOut) await optOut(db, accountId, [key], { source: 'link' })
  const form = await findShownForm(db, accountId, null)
  if (!form) throw new Error('there is no form')
  const asked = { address: enteredAddress(core.keys, address), fields: {}, topicIds: [] }
  const origin = { language: 'en' as const, consent: 'Yes', ip: `10.0.0.${made}`, userAgent: 'Tests' }
  expect(await askSignUp(core, accountId, form, asked, origin)).toBe('queued')
  await handAllOver(core)
  const { salt, token_hash } = await row(
    db,
    sql<{ salt: Buffer; token_hash: Buffer }>`select salt, token_hash from sign_ups where address_key = ${key}`,
  )
  const token = remakeToken(core.keys.link, accountId, salt, token_hash) ?? Buffer.alloc(0)
  return { address, key, token }
}
const CONFIRM = `select outcome from confirm_sign_up($1, $2, '{}')`
const OPT_OUT = `select * from record_optouts($1, array[$2::bytea], 'link', null, null, null, '{}')`
const OPT_OUT_MANY = `select * from record_many_optouts($1, array[$2::bytea], 'bulk', null, null, '{}')`
const isOut = async (key: Buffer) =>
  (await rows(db, sql`select from standing_optouts where account_id = ${accountId} and address_key = ${key}`))
    .length === 1

const people = [
  { who: 'a contact that opted out', isContact: true, isOut: true },
  { who: 'a contact that did not', isContact: true, isOut: false },
  { who: 'no contact, but opted out', isContact: false, isOut: true },
  { who: 'nobody known', isContact: false, isOut: false },
]
const ways = [
  { way: 'by the link', statement: OPT_OUT },
  { way: 'with many', statement: OPT_OUT_MANY },
]
const cases = people.flatMap((one) => ways.map((way) => ({ ...one, ...way })))

test.each(cases)(
  'an opt-out $way that commits after the confirmation of $who holds',
  async ({ statement, ...given }) => {
    const ann = await person(given)
    const confirming = await holdTransaction(core)
    await confirming.query(CONFIRM, [accountId, ann.token])
    const optingOut = db.executeQuery(
      sql`${sql.raw(statement.replace('$1', accountId).replace('$2::bytea', `'\\x${ann.key.toString('hex')}'::bytea`))}`.compile(
        db,
      ),
    )
    await whenWaiting(asOwner)
    await confirming.end('commit')
    await optingOut
    expect(await isOut(ann.key)).toBe(true)
  },
)

test.each(cases)(
  'a confirmation of $who that commits after an opt-out $way ends it',
  async ({ statement, ...given }) => {
    const ann = await person(given)
    const optingOut = await holdTransaction(core)
    await optingOut.query(statement, [accountId, ann.key])
    const confirming = confirmSignUp(core, accountId, ann.token, request)
    await whenWaiting(asOwner)
    await optingOut.end('commit')
    expect((await confirming).outcome).toBe('confirmed')
    expect(await isOut(ann.key)).toBe(false)
  },
)

test('a confirmation waits for an opt-out that fails, and holds', async () => {
  const ann = await person()
  const optingOut = await holdTransaction(core)
  await optingOut.query(OPT_OUT, [accountId, ann.key])
  const confirming = confirmSignUp(core, accountId, ann.token, request)
  await whenWaiting(asOwner)
  await optingOut.end('rollback')
  expect((await confirming).outcome).toBe('confirmed')
  expect(await isOut(ann.key)).toBe(false)
})

test('a confirmation that fails at its end leaves the opt-out as it was', async () => {
  const ann = await person()
  const confirming = await holdTransaction(core)
  await confirming.query(CONFIRM, [accountId, ann.token])
  await confirming.end('rollback')
  expect(await isOut(ann.key)).toBe(true)
  expect((await confirmSignUp(core, accountId, ann.token, request)).outcome).toBe('confirmed')
})

test('two people who press at once confirm once', async () => {
  const ann = await person()
  const first = await holdTransaction(core)
  await first.query(CONFIRM, [accountId, ann.token])
  const second = confirmSignUp(core, accountId, ann.token, request)
  await whenWaiting(asOwner)
  await first.end('commit')
  expect((await second).outcome).toBe('used')
  const entries = await rows(
    db,
    sql`select from optout_ledger where address_key = ${ann.key} and source = 're_consent'`,
  )
  expect(entries).toHaveLength(1)
})

test('an opt-out of somebody else does not wait for a confirmation', async () => {
  const [ann, bob] = [await person(), await person()]
  const confirming = await holdTransaction(core)
  await confirming.query(CONFIRM, [accountId, ann.token])
  expect(await isDoneSoon(asOwner, optOut(db, accountId, [bob.key], { source: 'link' }))).toBe(true)
  await confirming.end('commit')
})

test('two sign-ups of one address at one moment queue one mail (AB-5)', async () => {
  const address = 'twice@post.example'
  const form = await findShownForm(db, accountId, null)
  if (!form) throw new Error('there is no form')
  const asked = { address: enteredAddress(core.keys, address), fields: {}, topicIds: [] }
  const ask = (ip: string) =>
    askSignUp(core, accountId, form, asked, { language: 'en', consent: 'Yes', ip, userAgent: '' })
  const outcomes = await Promise.all(['10.1.0.1', '10.2.0.1', '10.3.0.1', '10.4.0.1'].map(ask))
  expect(outcomes.sort()).toEqual(['again', 'again', 'again', 'queued'])
})
