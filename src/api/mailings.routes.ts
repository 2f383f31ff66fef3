import { z } from 'zod'
import { sendTest } from '../delivery/test-send.ts'
import { countMissing } from '../mailings/audience.ts'
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
  resumeMailing as resumeMailingBody,
  sendMailing as sendMailingBody,
  timeZoneCounts,
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
import { TIME_ZONE_FIELD } from '../mailings/recipient-zone.ts'
import { withRendered } from '../mailings/render.ts'
import { cancelMailing, pauseMailing, resumeMailing, sendMailing } from '../mailings/schedule.ts'
import { testSend, testSent } from '../mailings/test-send.contract.ts'
import type { Core } from '../platform/core.ts'
import { idText } from '../platform/page.contract.ts'
import { mailingCounts, noCounts } from '../response/counts.ts'
import { progressOf } from '../response/progress.ts'
import { mailingResponse as mailingResponseSchema } from '../response/summary.contract.ts'
import { mailingResponse } from '../response/summary.ts'
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
      const made = await createMailing(
        db,
        request.caller,
        await withRendered(core, request.caller.accountId, request.body),
      )
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
      await changeMailing(
        db,
        request.caller,
        request.params.id,
        await withRendered(core, request.caller.accountId, request.body),
      ),
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

  app.post(
    '/mailings/:id/test',
    { schema: { params, body: testSend, response: { 200: testSent } } },
    async ({ caller, params: { id }, body }) => ({
      results: await sendTest(core, caller, await getMailing(db, caller.accountId, id), body.addresses),
    }),
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

  app.get(
    '/mailings/:id/time-zones',
    { schema: { params, response: { 200: timeZoneCounts } } },
    async ({ caller: { accountId }, params: { id } }) => {
      await getMailing(db, accountId, id)
      const missing = await countMissing(db, accountId, id, [TIME_ZONE_FIELD])
      return { recipientsWithout: missing.get(TIME_ZONE_FIELD) ?? 0 }
    },
  )

  app.post('/mailings/:id/send', { schema: { ...answer, body: sendMailingBody.nullish() } }, async (request) => {
    const { caller, body } = request
    return presentOne(core, caller.accountId, await sendMailing(core, caller, request.params.id, body ?? {}))
  })

  app.post('/mailings/:id/resume', { schema: { ...answer, body: resumeMailingBody.nullish() } }, async (request) => {
    const { caller, body, params: asked } = request
    return presentOne(core, caller.accountId, await resumeMailing(db, caller, asked.id, body ?? {}))
  })

  app.get(
    '/mailings/:id/response',
    { schema: { params, response: { 200: mailingResponseSchema } } },
    async ({ caller: { accountId }, params: { id } }) => mailingResponse(db, accountId, id),
  )

  const turns = { pause: pauseMailing, cancel: cancelMailing }
  for (const [name, turn] of Object.entries(turns))
    app.post(`/mailings/:id/${name}`, { schema: answer }, async ({ caller, params: { id } }) =>
      presentOne(core, caller.accountId, await turn(db, caller, id)),
    )
}

async function presentOne(core: Core, accountId: string, row: MailingRow): Promise<Mailing> {
  const [presented] = await present(core, accountId, [row])
  if (!presented) throw new Error('a mailing is always presented')
  return { ...presented, progress: row.status === 'sending' ? await progressOf(core.db, accountId, row) : null }
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
    source: row.source,
    groupIds: row.group_ids,
    segmentIds: row.segment_ids,
    excludedGroupIds: row.excluded_group_ids,
    excludedSegmentIds: row.excluded_segment_ids,
    topicIds: row.topic_ids,
    tracking: row.tracking,
    status: row.status,
    problem: row.problem,
    pauseReason: row.pause_reason,
    progress: null,
    counts: counts.get(row.mailing_id) ?? noCounts(),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    sendAt: row.send_at?.toISOString() ?? null,
    timeZone: row.time_zone,
    localTime: row.local_time,
    perHour: row.per_hour,
    startedAt: row.started_at?.toISOString() ?? null,
    finishedAt: row.finished_at?.toISOString() ?? null,
  }))
}
