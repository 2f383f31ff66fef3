import { z } from 'zod'
import { contactCounts } from '../audience/contact.contract.ts'
import { countContacts, previewContacts } from '../audience/contact-list.ts'
import {
  conditionPreview,
  newSegment,
  segment,
  segmentChange,
  segmentPreview,
  segments,
  segmentsQuery,
} from '../audience/segment.contract.ts'
import { archiveSegment, changeSegment, createSegment, findSegment, listSegments } from '../audience/segment.ts'
import type { Core } from '../platform/core.ts'
import { idText } from '../platform/page.contract.ts'
import type { Api } from './api.ts'

const one = z.object({ id: idText })

export function segmentRoutes(app: Api, { db }: Core) {
  app.get('/segments', { schema: { querystring: segmentsQuery, response: { 200: segments } } }, (request) =>
    listSegments(db, request.caller.accountId, request.query),
  )

  app.post('/segments', { schema: { body: newSegment, response: { 201: segment } } }, async (request, reply) =>
    reply.code(201).send(await createSegment(db, request.caller, request.body)),
  )

  app.post('/segments/preview', { schema: { body: conditionPreview, response: { 200: segmentPreview } } }, (request) =>
    previewContacts(db, request.caller.accountId, { condition: request.body.condition, archived: false }),
  )

  app.get('/segments/:id', { schema: { params: one, response: { 200: segment } } }, (request) =>
    findSegment(db, request.caller.accountId, request.params.id),
  )

  app.patch('/segments/:id', { schema: { params: one, body: segmentChange, response: { 200: segment } } }, (request) =>
    changeSegment(db, request.caller.accountId, request.params.id, request.body),
  )

  app.post('/segments/:id/archive', { schema: { params: one, response: { 200: segment } } }, (request) =>
    archiveSegment(db, request.caller.accountId, request.params.id, 'archived'),
  )

  app.post('/segments/:id/restore', { schema: { params: one, response: { 200: segment } } }, (request) =>
    archiveSegment(db, request.caller.accountId, request.params.id, 'restored'),
  )

  app.get('/segments/:id/counts', { schema: { params: one, response: { 200: contactCounts } } }, (request) =>
    countContacts(db, request.caller.accountId, { segmentId: request.params.id, archived: false }),
  )
}
