import { readLink } from '../../optouts/link.ts'
import { readMailToken } from '../../optouts/mail-token.ts'
import { optOut } from '../../optouts/optout.ts'
import type { Core } from '../../platform/core.ts'
import { readReference } from '../reference.ts'
import { isAutoReply, isReport } from './auto-reply.ts'
import { readMail } from './mime.ts'
import { readReturn } from './read.ts'
import { findMessage, type KnownMessage, recordBlock, recordComplaint, recordHard, recordSoft } from './record.ts'
import type { ReturnedMail, ReturnedRecipient } from './returned.ts'

/** A mail as it arrived: where, from whom (empty for <>), and its bytes. */
export type ArrivedMail = { to: string; from: string; raw: Buffer }

/** What became of it. `ignored`: nothing in it is about a message of ours, or nothing happened. */
export type Received = 'hard' | 'soft' | 'block' | 'complaint' | 'opt_out' | 'ignored'

/** An address of ours, and whom it names. `any` takes reports whose reference stands in the returned message. */
export type Inbox = { kind: 'bounce'; reference: string } | { kind: 'opt_out'; token: string } | { kind: 'any' }

/** What an address at the returns domain is for, or null when it is none of ours: forged tokens are not. */
export function inboxOf({ config, keys }: Core, address: string): Inbox | null {
  const at = address.lastIndexOf('@')
  const name = address.slice(0, at).toLowerCase()
  if (at < 0 || config.returnsDomain === '' || address.slice(at + 1).toLowerCase() !== config.returnsDomain) return null
  if (['complaints', 'bounces', 'abuse'].includes(name)) return { kind: 'any' }
  const [, kind, token = ''] = /^([bu])\+([a-z2-7]{1,62})$/.exec(name) ?? []
  if (kind === 'b' && readReference(keys.link, token)) return { kind: 'bounce', reference: token }
  if (kind === 'u' && readMailToken(keys.link, token)) return { kind: 'opt_out', token }
  return null
}

/**
 * Takes a mail that came back and gives it its effect, committed when this returns. Nothing is ever answered (BN-17).
 *
 * @throws the database's error; the same mail can then be handed in again
 */
export async function receiveMail(core: Core, mail: ArrivedMail): Promise<Received> {
  const inbox = inboxOf(core, mail.to)
  if (!inbox) return 'ignored'
  if (inbox.kind === 'opt_out') return optOutByMail(core, inbox.token, mail)
  const read = readReturn(mail.raw)
  const references = inbox.kind === 'bounce' ? [inbox.reference, ...read.references] : read.references
  const meant = references.map((reference) => readReference(core.keys.link, reference)).find((found) => found !== null)
  const message = meant ? await findMessage(core.db, meant) : undefined
  if (meant && message) return takeEffect(core, meant.accountId, message, read)
  return read.kind === 'complaint' ? complaintByLink(core, read) : 'ignored'
}

async function takeEffect(core: Core, accountId: string, message: KnownMessage, read: ReturnedMail): Promise<Received> {
  const said = aboutMessage(read, message)
  switch (said?.outcome) {
    case 'complaint':
      await recordComplaint(core, accountId, message, 'mail', said)
      return 'complaint'
    case 'hard':
      await recordHard(core, accountId, message, 'mail', said)
      return 'hard'
    case 'soft':
      await recordSoft(core, accountId, message, 'mail', said)
      return 'soft'
    case 'block':
      await recordBlock(core, accountId, message, 'mail', said)
      return 'block'
    default:
      return 'ignored'
  }
}

/** Of several recipients the one with the message's address; a single one may be where the mail was forwarded to. */
function aboutMessage({ recipients, kind }: ReturnedMail, { address }: KnownMessage): ReturnedRecipient | undefined {
  if (kind === 'complaint') return recipients[0]
  const same = recipients.find((recipient) => recipient.address.toLowerCase() === address?.toLowerCase())
  return same ?? (recipients.length === 1 ? recipients[0] : undefined)
}

/** A complaint whose only mark is our opt-out link: whoever holds it could have pressed it (CP-3, CP-5). */
async function complaintByLink({ db, keys }: Core, { optOutTokens }: ReturnedMail): Promise<Received> {
  const link = optOutTokens.map((token) => readLink(keys.link, token)).find((found) => found !== null)
  if (!link) return 'ignored'
  const { accountId, addressKey, mailingId, keyId } = link
  await optOut(db, accountId, [addressKey], { source: 'complaint', mailingId, evidence: { way: 'mail', keyId } })
  return 'complaint'
}

/**
 * An opt-out by mail: the token in the address decides, never From (OC-22), and neither subject nor text (OC-21).
 *
 * Reports and auto-replies to this address opt nobody out; what a mail program generated for its user does (OC-23).
 */
async function optOutByMail({ db, keys }: Core, token: string, { from, raw }: ArrivedMail): Promise<Received> {
  const meant = readMailToken(keys.link, token)
  if (!meant || from === '') return 'ignored'
  const mail = readMail(raw)
  const isGenerated = mail.headers.some(
    ({ name, value }) => name === 'auto-submitted' && /^auto-generated/i.test(value.trim()),
  )
  if (mail.type === 'multipart/report' || isReport(mail) || (isAutoReply(mail) && !isGenerated)) return 'ignored'
  if (['bounce', 'complaint'].includes(readReturn(raw).kind)) return 'ignored'
  await optOut(db, meant.accountId, [meant.addressKey], {
    source: 'mailto',
    evidence: { way: 'mail', keyId: meant.keyId },
  })
  return 'opt_out'
}
