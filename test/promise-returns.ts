// What comes back by mail or during SMTP, after the person opted out and as the way in which they do.
import { inboxOf, receiveMail } from '../src/delivery/feedback/receive.ts'
import { findMessage, recordBlock, recordHard, recordSoft } from '../src/delivery/feedback/record.ts'
import { returnAddress, signReference } from '../src/delivery/reference.ts'
import { signMailToken } from '../src/optouts/mail-token.ts'
import { row, sql } from '../src/platform/database.ts'
import type { Writer } from './promise-statements.ts'
import { type Scene, sendToAll, type World, whenSent } from './promise-world.ts'
import { keyOf } from './sample.ts'

const DOMAIN = 'returns.fernmoor.example'
const receiving = ({ core }: World) => ({ ...core, config: { ...core.config, returnsDomain: DOMAIN } })

/** A message that was sent to the person, so that something can come back about it. */
async function sentMessage(world: World, { contactId }: Scene): Promise<string> {
  await whenSent(world, await sendToAll(world))
  const { message_id } = await row(
    world.core.db,
    sql<{ message_id: string }>`
    select message_id from messages where account_id = ${world.accountId} and contact_id = ${contactId} order by message_id desc limit 1`,
  )
  return message_id
}

const messageOf = new Map<string, string>()
const beforeLeaving = async (world: World, scene: Scene) => {
  messageOf.set(scene.contactId, await sentMessage(world, scene))
}

const referenceOf = ({ core, accountId }: World, { contactId }: Scene) =>
  signReference(core.keys.link, { accountId, messageId: messageOf.get(contactId) ?? '0' })

const arrive = (world: World, to: string, from: string, lines: string[]) => {
  if (!inboxOf(receiving(world), to)) throw new Error(`${to} is not taken in`)
  return receiveMail(receiving(world), { to, from, raw: Buffer.from(lines.join('\r\n')) })
}

const bounceTo = (world: World, scene: Scene, said: string) =>
  arrive(world, returnAddress(referenceOf(world, scene), DOMAIN), '', [
    'From: MAILER-DAEMON@mx.example',
    'Subject: failure notice',
    '',
    'Hi. This is the qmail-send program at mx.example.',
    '',
    `<${scene.address}>:`,
    said,
    '',
  ])

const complain = (world: World, scene: Scene, type: string) =>
  arrive(world, returnAddress(referenceOf(world, scene), DOMAIN), 'feedback@post.example', [
    'Content-Type: multipart/report; report-type=feedback-report; boundary=b1',
    '',
    '--b1',
    'Content-Type: message/feedback-report',
    '',
    `Feedback-Type: ${type}`,
    '--b1--',
    '',
  ])

const mailOut = (world: World, { address }: Scene) =>
  arrive(
    world,
    `u+${signMailToken(world.core.keys.link, { accountId: world.accountId, addressKey: keyOf(world.core, address) })}@${DOMAIN}`,
    'somebody@else.example',
    ['Subject: ', '', ''],
  )

export const returnWriters: Writer[] = [
  ...[
    'Sorry, no mailbox here by that name. (#5.1.1)',
    'Mailbox full (#5.2.2)',
    '550 5.7.1 blocked by policy',
    '250 2.1.5 delivered after all',
  ].map(
    (said): Writer => ({
      name: `a bounce that says ${said}`,
      before: beforeLeaving,
      write: (w, s) => bounceTo(w, s, said),
    }),
  ),
  {
    name: 'a bounce first, and changing back after the opt-out',
    before: async (w, s) => {
      await beforeLeaving(w, s)
      await bounceTo(w, s, 'Sorry, no mailbox here by that name. (#5.1.1)')
    },
    write: (w, s) => w.call('POST', `/contacts/${s.contactId}/status`, { status: 'active' }),
  },
  {
    name: 'refusals of every kind, counted after the opt-out',
    before: beforeLeaving,
    write: async ({ core, accountId }, { contactId }) => {
      const message = await findMessage(core.db, { accountId, messageId: messageOf.get(contactId) ?? '0' })
      if (!message) throw new Error('there is no message')
      const said = { status: '', reply: '', reason: '', words: 'no' }
      for (const record of [recordHard, recordSoft, recordBlock]) await record(core, accountId, message, 'smtp', said)
    },
  },
  ...['not-spam', 'abuse'].map(
    (type): Writer => ({
      name: `a feedback report of type ${type}`,
      before: beforeLeaving,
      write: (w, s) => complain(w, s, type),
    }),
  ),
  {
    name: 'changing the status to active after a complaint',
    before: beforeLeaving,
    leave: (w, s) => complain(w, s, 'abuse'),
    write: async (w, s) => {
      await complain(w, s, 'not-spam')
      await w.call('POST', `/contacts/${s.contactId}/status`, { status: 'active' })
    },
  },
  {
    name: 'another mail to the opt-out address, and adding the address again, after an opt-out by mail',
    leave: mailOut,
    write: async (w, s) => {
      await mailOut(w, s)
      await w.call('POST', '/contacts', { address: s.address, groupIds: [s.groupId] })
    },
  },
]
