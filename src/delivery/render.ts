import { fillMessage, type PreparedMailing, type RenderedMessage, readPrepared } from '../mailings/fill.ts'
import { signLink } from '../optouts/link.ts'
import { signMailToken } from '../optouts/mail-token.ts'
import type { Core } from '../platform/core.ts'
import { row, sql } from '../platform/database.ts'
import { openSigner } from './dkim.ts'
import type { ClaimedMessage } from './message.ts'
import { optOutAddress, returnAddress, signReference } from './reference.ts'
import type { Envelope } from './smtp.ts'

/** A message as it leaves: signed bytes and where they go. */
export type ReadyMessage = { envelope: Envelope; raw: Buffer; subject: string }

/** This one message cannot be made; the mailing goes on without it. */
export class NotRendered extends Error {
  constructor(cause: unknown) {
    super(`could not be rendered: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

/** The mailing itself cannot be used: none of its messages can be made. */
export class MailingBroken extends Error {}

/** Makes a claimed message ready to leave. @throws NotRendered; MailingBroken; the database's error when the mailing cannot be read */
export type Render = (message: ClaimedMessage) => Promise<ReadyMessage>

const KEPT = 20

/**
 * Gives the function that fills a mailing for one contact, with its way out, and signs it when DKIM is set.
 *
 * @throws Error when the DKIM key cannot be used
 */
export function openRender(core: Core): Render {
  const { config, keys, clock } = core
  const signer = config.dkim ? openSigner(config.dkim) : null
  const prepared = new Map<string, Promise<PreparedMailing>>()

  function preparedOf({ accountId, mailingId }: ClaimedMessage): Promise<PreparedMailing> {
    const key = `${accountId}/${mailingId}`
    const known = prepared.get(key)
    if (known) return known
    const read = readMailing(core, accountId, mailingId)
    prepared.set(key, read)
    read.catch(() => prepared.delete(key))
    for (const oldest of prepared.keys()) if (prepared.size > KEPT) prepared.delete(oldest)
    return read
  }

  return async (message) => {
    const { accountId, messageId, mailingId, addressKey, address, fields } = message
    const link = signLink(keys.link, { accountId, addressKey, mailingId })
    const reference = signReference(keys.link, { accountId, messageId })
    const at = clock()
    const mailto = config.returns
      ? { mailto: optOutAddress(signMailToken(keys.link, { accountId, addressKey }), config.returnsDomain) }
      : {}
    const rendered = fill(await preparedOf(message), { address, fields, link, reference, ...mailto }, at)
    const from = config.returnsDomain ? returnAddress(reference, config.returnsDomain) : rendered.from
    return {
      envelope: { from, to: rendered.to },
      raw: signer ? await signer(rendered.raw, at) : rendered.raw,
      subject: rendered.subject,
    }
  }
}

function fill(...input: Parameters<typeof fillMessage>): RenderedMessage {
  try {
    return fillMessage(...input)
  } catch (error) {
    throw new NotRendered(error)
  }
}

async function readMailing({ db }: Core, accountId: string, mailingId: string): Promise<PreparedMailing> {
  const { compiled } = await row(
    db,
    sql<{ compiled: unknown }>`
    select compiled from mailings where account_id = ${accountId} and mailing_id = ${mailingId}`,
  )
  try {
    return readPrepared(compiled)
  } catch (error) {
    throw new MailingBroken('The prepared form of this mailing cannot be read.', { cause: error })
  }
}
