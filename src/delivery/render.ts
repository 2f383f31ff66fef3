import { fillMessage, type PreparedMailing, type RenderedMessage, readPrepared } from '../mailings/fill.ts'
import { compiledFor } from '../mailings/split.ts'
import { signLink } from '../optouts/link.ts'
import { signMailToken } from '../optouts/mail-token.ts'
import type { Core } from '../platform/core.ts'
import { row, sql } from '../platform/database.ts'
import { openSigner } from './dkim.ts'
import type { TakenMessage } from './message.ts'
import { optOutAddress, returnAddress, signReference } from './reference.ts'
import { signResponseToken } from './response-token.ts'
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
export type Render = (message: TakenMessage) => Promise<ReadyMessage>

const KEPT = 20

/**
 * Gives the function that fills a mailing for one contact, with its way out, and signs it when DKIM is set.
 *
 * @throws Error when the DKIM key cannot be used
 */
export function openRender(core: Core): Render {
  const { config, keys, clock } = core
  const signer = config.dkim ? openSigner(config.dkim) : null
  const known = new Map<string, Promise<PreparedMailing>>()

  function preparedOf(message: TakenMessage): Promise<PreparedMailing> {
    const key = `${message.accountId}/${message.mailingId}/${message.variant}`
    const before = known.get(key)
    if (before) return before
    const read = readMailing(core, message)
    known.set(key, read)
    read.catch(() => known.delete(key))
    for (const oldest of known.keys()) if (known.size > KEPT) known.delete(oldest)
    return read
  }

  return async (message) => {
    const { accountId, messageId, mailingId, addressKey, address, fields } = message
    const link = signLink(keys.link, { accountId, addressKey, mailingId })
    const reference = signReference(keys.link, { accountId, messageId })
    const at = clock()
    const prepared = await preparedOf(message)
    const isTracked = prepared.tracked !== null && !message.isUntracked
    const token = isTracked ? { responseToken: signResponseToken(keys.link, { accountId, mailingId, messageId }) } : {}
    const mailto = config.returns
      ? { mailto: optOutAddress(signMailToken(keys.link, { accountId, addressKey }), config.returnsDomain) }
      : {}
    const rendered = fill(prepared, { address, fields, link, reference, ...token, ...mailto }, at)
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

async function readMailing({ db }: Core, { accountId, mailingId, variant }: TakenMessage): Promise<PreparedMailing> {
  const { compiled } = await row(
    db,
    sql<{ compiled: unknown }>`
    select ${compiledFor(sql`${variant}::smallint`)} as compiled from mailings mailing
    where mailing.account_id = ${accountId} and mailing.mailing_id = ${mailingId}`,
  )
  try {
    return readPrepared(compiled)
  } catch (error) {
    throw new MailingBroken('The prepared form of this mailing cannot be read.', { cause: error })
  }
}
