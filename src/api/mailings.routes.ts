import { z } from 'zod'
import { checkMailing } from '../mailings/check.ts'
import {
  type Mailing,
  mailing,
  mailingChange,
  mailingCheck,
  mailingPreview,
  mailings,
  mailingsQuery,
  newMailing,
  previewQuery,
  sendMailing as sendMailingBody,
} from '../mailings/mailing.contract.ts'
import {
  changeMailing,
  createMailing,
  deleteMailing,
  getMailing,
  listMailings,
  type MailingRow,
} from '../mailings/mailing.ts'
import { previewMailing } from '../mailings/preview.ts'
import { cancelMailing, pauseMailing, resumeMailing, sendMailing } from '../mailings/schedule.ts'
import type { Core } from '../platform/core.ts'
import { idText } from '../platform/page.contract.ts'
import { mailingCounts, noCounts } from '../response/counts.ts'
import { type Api, LARGE_BODY } from './api.ts'
import { askPage } from './ask-page.ts'

const params = z.object({ id: idText })
const answer = { params, response: { 200: mailing } }

export function mailingRoutes(app: Api, core: Core) {
  const { db } = core

  app.get('/mailings', { schema: { querystring: mailingsQuery, response: { 200: mailings } } }, async (request) => {
    const { accountId } = request.caller
    const { page, nextCursor } = await listMailings(db, accountId, request.query)
    return { items: await present(core, accountId, page), nextCursor }
  })

  app.post(
    '/mailings',
    { bodyLimit: LARGE_BODY, schema: { body: newMailing, response: { 201: mailing } } },
    async (request, reply) => {
      const made = await createMailing(db, request.caller, request.body)
      return reply.code(201).send(await presentOne(core, request.caller.accountId, made))
    },
  )

  app.get('/mailings/:id', { schema: answer }, async ({ caller, params: { id } }) =>
    presentOne(core, caller.accountId, await getMailing(db, caller.accountId, id)),
  )

  app.patch('/mailings/:id', { bodyLimit: LARGE_BODY, schema: { ...answer, body: mailingChange } }, async (request) =>
    presentOne(
      core,
      request.caller.accountId,
      await changeMailing(db, request.caller, request.params.id, request.body),
    ),
  )

  app.delete('/mailings/:id', { schema: { params, response: { 204: z.null() } } }, async (request, reply) => {
    await deleteMailing(db, request.caller, request.params.id)
    return reply.code(204).send(null)
  })

  app.post(
    '/mailings/:id/check',
    { schema: { params, response: { 200: mailingCheck } } },
    async ({ caller, params: { id } }) =>
      checkMailing(core, caller.accountId, await getMailing(db, caller.accountId, id), askPage),
  )

  app.get(
    '/mailings/:id/preview',
    { schema: { params, querystring: previewQuery, response: { 200: mailingPreview } } },
    async ({ caller: { accountId }, params: { id }, query }) => {
      const { subject, html, text } = await previewMailing(
        core,
        accountId,
        await getMailing(db, accountId, id),
        query.contactId,
      )
      return { subject, html, text }
    },
  )

  app.post('/mailings/:id/send', { schema: { ...answer, body: sendMailingBody.nullish() } }, async (request) => {
    const { caller, body } = request
    const at = body?.at ? new Date(body.at) : undefined
    return presentOne(core, caller.accountId, await sendMailing(core, caller, request.params.id, at))
  })

  const turns = { pause: pauseMailing, resume: resumeMailing, cancel: cancelMailing }
  for (const [name, turn] of Object.entries(turns))
    app.post(`/mailings/:id/${name}`, { schema: answer }, async ({ caller, params: { id } }) =>
      presentOne(core, caller.accountId, await turn(db, caller, id)),
    )
}

async function presentOne(core: Core, accountId: string, row: MailingRow): Promise<Mailing> {
  const [presented] = await present(core, accountId, [row])
  if (!presented) throw new Error('a mailing is always presented')
  return presented
}

/** Mailings as the API shows them, with their counts. */
async function present({ db }: Core, accountId: string, rows: MailingRow[]): Promise<Mailing[]> {
  const counts = await mailingCounts(
    db,
    accountId,
    rows.map(({ mailing_id }) => mailing_id),
  )
  return rows.map((row) => ({
    id: row.mailing_id,
    name: row.name,
    subject: row.subject,
    fromName: row.from_name,
    fromAddress: row.from_address,
    html: row.html,
    text: row.text,
    groupIds: row.group_ids,
    segmentIds: row.segment_ids,
    excludedGroupIds: row.excluded_group_ids,
    excludedSegmentIds: row.excluded_segment_ids,
    topicIds: row.topic_ids,
    status: row.status,
    problem: row.problem,
    counts: counts.get(row.mailing_id) ?? noCounts(),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    sendAt: row.send_at?.toISOString() ?? null,
    startedAt: row.started_at?.toISOString() ?? null,
    finishedAt: row.finished_at?.toISOString() ?? null,
  }))
}
