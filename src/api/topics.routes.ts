import { z } from 'zod'
import { newTopic, topic, topicChange, topicOrder, topics, topicsQuery } from '../audience/topic.contract.ts'
import { archiveTopic, changeTopic, createTopic, listTopics, orderTopics } from '../audience/topic.ts'
import type { Core } from '../platform/core.ts'
import { idText } from '../platform/page.contract.ts'
import type { Api } from './api.ts'

const one = z.object({ id: idText })

export function topicRoutes(app: Api, { db }: Core) {
  app.get('/topics', { schema: { querystring: topicsQuery, response: { 200: topics } } }, async (request) => ({
    items: await listTopics(db, request.caller.accountId, request.query.archived),
  }))

  app.post('/topics', { schema: { body: newTopic, response: { 201: topic } } }, async (request, reply) =>
    reply.code(201).send(await createTopic(db, request.caller.accountId, request.body)),
  )

  app.post('/topics/order', { schema: { body: topicOrder, response: { 200: topics } } }, async (request) => ({
    items: await orderTopics(db, request.caller.accountId, request.body.ids),
  }))

  app.patch('/topics/:id', { schema: { params: one, body: topicChange, response: { 200: topic } } }, (request) =>
    changeTopic(db, request.caller.accountId, request.params.id, request.body),
  )

  app.post('/topics/:id/archive', { schema: { params: one, response: { 200: topic } } }, (request) =>
    archiveTopic(db, request.caller.accountId, request.params.id, 'archived'),
  )

  app.post('/topics/:id/restore', { schema: { params: one, response: { 200: topic } } }, (request) =>
    archiveTopic(db, request.caller.accountId, request.params.id, 'restored'),
  )
}
