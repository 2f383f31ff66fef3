import { getAccount } from '../accounts/account.ts'
import { optOutUrl, preferencesUrl, signLink } from '../optouts/link.ts'
import type { Core } from '../platform/core.ts'
import { DomainError } from '../platform/errors.ts'
import { type AskPage, askLinks } from './answering.ts'
import { type AudienceSums, archivedChoices, audienceSums, countMissing, oneRecipient } from './audience.ts'
import { compileMailing, partsOf, type SendingAccount, senderName } from './compile.ts'
import type { PreparedMailing } from './fill.ts'
import {
  contentFindings,
  count,
  leftOverFindings,
  linkFindings,
  look,
  mergeFindings,
  oneClickFinding,
  passed,
  senderFindings,
  stops,
  subjectFindings,
  wayOutFindings,
} from './findings.ts'
import type { Finding, MailingCheck } from './mailing.contract.ts'
import type { MailingRow } from './mailing.ts'
import { type OpenedMessage, openFilled } from './open.ts'
import { fieldsOf } from './preview.ts'
import { domainFindings } from './sending-domain.ts'
import { sendingAccount, sourceOf } from './source.ts'
import { mergePoints, type Piece } from './template.ts'

/**
 * Looks at a mailing as it would be sent: finished messages for an invented and for a real recipient are read back from
 * their bytes (OC-28, OC-29, LW-4). What it finds with level `stops` keeps the mailing from being sent.
 *
 * @param askPage with it the DNS of the sending domain and the pages that links lead to are asked too; neither ever
 *   stops a mailing
 */
export async function checkMailing(
  core: Core,
  accountId: string,
  mailing: MailingRow,
  askPage?: AskPage,
): Promise<MailingCheck> {
  const account = sendingAccount(await getAccount(core.db, accountId))
  const audience = await audienceSums(core.db, accountId, mailing.mailing_id)
  const archived = await archivedChoices(core.db, accountId, mailing.mailing_id)
  const findings = [
    ...(await messageFindings(core, account, mailing, askPage)),
    ...audienceFindings(mailing, audience, archived),
  ]
  return { sendable: findings.every(({ level }) => level !== 'stops'), findings, audience }
}

async function messageFindings(
  core: Core,
  account: SendingAccount,
  mailing: MailingRow,
  askPage: AskPage | undefined,
): Promise<Finding[]> {
  if (mailing.html.trim() === '' && mailing.text.trim() === '')
    return [stops('content', 'Content', 'There is nothing in this mailing yet. Write its HTML part.')]
  try {
    const prepared = compileMailing(sourceOf(mailing), account, core.config.baseUrl)
    return await finishedFindings(core, account, mailing, prepared, askPage)
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'mailing.invalid') throw error
    const isSender = error.message.startsWith('The sender')
    return [stops(isSender ? 'sender' : 'merge_points', isSender ? 'Sender' : 'Merge points', error.message)]
  }
}

async function finishedFindings(
  core: Core,
  account: SendingAccount,
  mailing: MailingRow,
  prepared: PreparedMailing,
  askPage: AskPage | undefined,
): Promise<Finding[]> {
  const { db, config, keys, clock } = core
  const link = signLink(keys.link, {
    accountId: account.accountId,
    addressKey: Buffer.alloc(16),
    mailingId: mailing.mailing_id,
  })
  const urls = { optOutUrl: optOutUrl(config.baseUrl, link), preferencesUrl: preferencesUrl(config.baseUrl, link) }
  const real = await oneRecipient(db, account.accountId, mailing.mailing_id)
  const people = [{ address: 'robin@post.example', fields: {} }, ...(real ? [real] : [])]
  const messages: OpenedMessage[] = []
  const tracked: OpenedMessage[] = []
  for (const { address, fields } of people) {
    const recipient = { address, fields, link, reference: 'check' }
    messages.push(await openFilled(prepared, recipient, clock()))
    if (prepared.tracked) tracked.push(await openFilled(prepared, { ...recipient, responseToken: 'check' }, clock()))
  }
  const [invented] = messages
  if (!invented) return []
  const way = { isSent: config.smtp !== null, isSigned: config.dkim !== null }
  const name = senderName(sourceOf(mailing), account)
  const subjects = messages.map(({ subject }) => subject)
  return [
    ...wayOutFindings([...messages, ...tracked], urls, account.postalAddress),
    oneClickFinding(messages, way),
    ...senderFindings({ name, address: prepared.from, isSent: way.isSent, subject: mailing.subject }),
    ...(askPage ? await domainFindings(core, prepared.from) : []),
    ...subjectFindings(mailing.subject, subjects),
    ...linkFindings(invented.html, askPage ? await askLinks(core, askPage, invented.html) : []),
    ...leftOverFindings([invented, ...tracked.slice(0, 1)]),
    ...(await mergeFindingsOf(core, account, mailing, prepared)),
    ...contentFindings(invented),
  ]
}

async function mergeFindingsOf(core: Core, account: SendingAccount, mailing: MailingRow, prepared: PreparedMailing) {
  const { html, text } = partsOf(mailing, account, core.config.baseUrl)
  const points = [mailing.subject, html, text].flatMap(mergePoints)
  const labels = new Map((await fieldsOf(core, account.accountId)).map(({ name, label }) => [name, label]))
  const used = [
    ...new Set(points.flatMap(([root, name = '']) => (root === 'contact' && labels.has(name) ? [name] : []))),
  ]
  const missing = await countMissing(core.db, account.accountId, mailing.mailing_id, used)
  return mergeFindings({
    points,
    labels,
    missing,
    defaults: defaultsOf([...prepared.subject, ...prepared.html, ...prepared.text]),
  })
}

function defaultsOf(pieces: Piece[]): Map<string, string> {
  const defaults = new Map<string, string>()
  for (const piece of pieces) {
    if (typeof piece === 'string' || 'liquid' in piece) continue
    const instead = piece.filters.find(([name]) => name === 'default')?.[1]
    if (piece.path[0] === 'contact' && piece.path[1] && instead) defaults.set(piece.path[1], instead)
  }
  return defaults
}

function audienceFindings(mailing: MailingRow, { recipients, chosen }: AudienceSums, archived: string[]): Finding[] {
  const title = 'Audience'
  const one = (text: string) => [stops('audience', title, text)]
  if (mailing.group_ids.length === 0 && mailing.segment_ids.length === 0 && mailing.topic_ids.length === 0)
    return one('Choose the groups, segments or topics that get this mailing.')
  if (chosen === 0) return one('Nobody is in the chosen groups, segments and topics.')
  if (recipients === 0) return one('Nobody in the chosen groups, segments and topics may get mail.')
  return [
    ...archived.map((name) =>
      look(
        'audience',
        title,
        `“${name}” is in the archive: nobody gets this mailing through it. Restore it, or take it out.`,
      ),
    ),
    passed('audience', title, `${count(recipients)} ${recipients === 1 ? 'person gets' : 'people get'} this mailing.`),
  ]
}
