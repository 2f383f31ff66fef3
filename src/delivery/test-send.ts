import { randomBytes } from 'node:crypto'
import { getAccount } from '../accounts/account.ts'
import { noteAct } from '../accounts/audit.ts'
import type { Caller } from '../accounts/caller.ts'
import type { FieldValues } from '../audience/field.contract.ts'
import { compileMailing } from '../mailings/compile.ts'
import type { MailingErrorCode } from '../mailings/errors.ts'
import { fillMessage, type PreparedMailing, type RenderedMessage } from '../mailings/fill.ts'
import type { MailingRow } from '../mailings/mailing.ts'
import { inventedContact } from '../mailings/preview.ts'
import { sendingAccount, sourceOf } from '../mailings/source.ts'
import type { TestResult } from '../mailings/test-send.contract.ts'
import { type Address, addressKey, isAddress, readAddress } from '../optouts/address.ts'
import { signLink } from '../optouts/link.ts'
import type { Core } from '../platform/core.ts'
import { maybeRow, run, sql, transaction } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import { openSigner, type Signer } from './dkim.ts'
import { takeTurns } from './pace.ts'
import type { Outcome, SmtpConnection } from './smtp.ts'
import { refusalOf } from './test-gate.ts'
import { openAny } from './way.ts'

/** Ten at once, and one more every six seconds: an account's tests are for those who write, not a way to send. */
const LIMIT = { most: 600, seconds: 3600 }
const PATIENCE_MS = 30_000

type Test = {
  core: Core
  accountId: string
  prepared: PreparedMailing
  signer: Signer | null
  connection: SmtpConnection | null
}

/**
 * Sends a mailing as it is now to a few addresses, with [TEST] in its subject, without tracking and with a way out that
 * works. Nothing of it is counted in the mailing. Each address is asked about at the moment of handing over.
 *
 * @throws DomainError mailing.invalid when the mailing cannot be made, mailing.too_many_tests, mailing.no_server
 */
export async function sendTest(
  core: Core,
  caller: Caller,
  mailing: MailingRow,
  addresses: string[],
): Promise<TestResult[]> {
  const { accountId } = caller
  const prepared = await preparedFor(core, accountId, mailing)
  const signer = core.config.dkim ? openSigner(core.config.dkim) : null
  await takeAll(core, accountId, addresses.length)
  const connection = core.config.smtp ? await connect(core) : null
  const timer = setTimeout(() => connection?.close(), PATIENCE_MS)
  const results = new Map<string, TestResult>()
  try {
    for (const given of addresses) {
      const read = readAddress(given)
      if (!isAddress(read)) results.set(given, { address: given, sent: false, reason: read.problem })
      else if (!results.has(read.canonical))
        results.set(read.canonical, await sendOne({ core, accountId, prepared, signer, connection }, read))
    }
  } finally {
    clearTimeout(timer)
    connection?.quit()
  }
  const found = [...results.values()]
  const sent = found.filter((result) => result.sent).length
  await noteAct(core.db, caller, 'mailing.tested', { id: mailing.mailing_id, sent })
  return found
}

async function preparedFor(core: Core, accountId: string, mailing: MailingRow): Promise<PreparedMailing> {
  const account = sendingAccount(await getAccount(core.db, accountId))
  if (account.postalAddress.trim() === '')
    throw new DomainError<MailingErrorCode>(
      'mailing.invalid',
      'The account has no postal address. Enter it in Settings, Sender.',
    )
  const prepared = compileMailing(sourceOf({ ...mailing, is_test: true }), account, core.config.baseUrl)
  return { ...prepared, recheck: true }
}

async function takeAll({ db }: Core, accountId: string, wanted: number) {
  const limited = { accountId, subject: 'tests', limit: LIMIT }
  const given = await takeTurns(db, limited, wanted)
  if (given >= wanted) return
  await takeTurns(db, limited, -given)
  throw new DomainError<MailingErrorCode>(
    'mailing.too_many_tests',
    'Many tests were sent just now. Send this one in a minute.',
  )
}

async function connect({ config }: Core): Promise<SmtpConnection> {
  try {
    return await openAny(config)
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    throw new DomainError<MailingErrorCode>(
      'mailing.no_server',
      `The mail server cannot be reached, so no test was sent: ${words}`,
      { cause: error },
    )
  }
}

async function sendOne(test: Test, to: Address): Promise<TestResult> {
  const { core, accountId, signer, connection } = test
  const answer = (reason: string | null) => ({ address: to.address, sent: reason === null, reason })
  const early = await refusalOf(core, core.db, accountId, to)
  if (early !== null) return answer(early)
  const message = await filled(test, to)
  if (message instanceof Error) return answer(`The mailing cannot be made for this address: ${message.message}.`)
  if (!connection) return answer(await keep(test, to, message))
  let refusal: string | null = null
  const gate = async () => {
    refusal = await refusalOf(core, core.db, accountId, to)
    return refusal === null
  }
  const raw = signer ? await signer(message.raw, core.clock()) : message.raw
  const outcome = await connection.deliver({ from: message.from, to: message.to }, raw, gate)
  return answer(refusal ?? wordsOf(outcome))
}

async function filled({ core, accountId, prepared }: Test, to: Address): Promise<RenderedMessage | Error> {
  const key = addressKey(core.keys.address, to.optOutForm)
  const link = signLink(core.keys.link, { accountId, addressKey: key, mailingId: null })
  const contact = await maybeRow(
    core.db,
    sql<{ fields: FieldValues }>`
    select fields from contacts where account_id = ${accountId} and canonical = ${to.canonical}`,
  )
  const { fields } = contact ?? (await inventedContact(core, accountId))
  const reference = `test.${accountId}.${randomBytes(12).toString('hex')}`
  try {
    return fillMessage(prepared, { address: to.address, fields, link, reference }, core.clock())
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** Into the built-in mailbox, as the last check says in the same transaction. */
function keep({ core, accountId, signer }: Test, to: Address, message: RenderedMessage): Promise<string | null> {
  const key = addressKey(core.keys.address, to.optOutForm)
  return transaction(core.db, async (trx) => {
    const refusal = await refusalOf(core, trx, accountId, to)
    if (refusal !== null) return refusal
    const raw = signer ? await signer(message.raw, core.clock()) : message.raw
    await run(
      trx,
      sql`
      insert into mailbox_messages (account_id, address_key, recipient, subject, raw)
      values (${accountId}, ${key}, ${message.to}, ${message.subject}, ${raw})`,
    )
    return null
  })
}

/** Why it was not sent, or null. */
function wordsOf(outcome: Outcome): string | null {
  switch (outcome.kind) {
    case 'accepted':
      return null
    case 'withheld':
      return 'It may not get mail.'
    case 'unknown':
      return `It is not known whether it was sent: ${outcome.answer}`
    default:
      return `The mail server did not take it: ${outcome.answer}`
  }
}
