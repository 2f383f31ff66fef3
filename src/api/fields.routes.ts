import { z } from 'zod'
import {
  field,
  fieldChange,
  fieldList,
  fieldOrder,
  fieldsQuery,
  fieldUse,
  newField,
} from '../audience/field.contract.ts'
import {
  archiveField,
  changeField,
  createField,
  listFields,
  orderFields,
  fieldUse as useOf,
} from '../audience/field.ts'
import type { Core } from '../platform/core.ts'
import { idText } from '../platform/page.contract.ts'
import type { Api } from './api.ts'

const one = z.object({ id: idText })

export function fieldRoutes(app: Api, { db }: Core) {
  app.get('/fields', { schema: { querystring: fieldsQuery, response: { 200: fieldList } } }, async (request) => ({
    items: await listFields(db, request.caller.accountId, request.query.archived ? 'archived' : 'open'),
  }))

  app.post('/fields', { schema: { body: newField, response: { 201: field } } }, async (request, reply) =>
    reply.code(201).send(await createField(db, request.caller.accountId, request.body)),
  )

  app.post('/fields/order', { schema: { body: fieldOrder, response: { 200: fieldList } } }, async (request) => ({
    items: await orderFields(db, request.caller.accountId, request.body.ids),
  }))

  app.get('/fields/:id/use', { schema: { params: one, response: { 200: fieldUse } } }, (request) =>
    useOf(db, request.caller.accountId, request.params.id),
  )

  app.patch('/fields/:id', { schema: { params: one, body: fieldChange, response: { 200: field } } }, (request) =>
    changeField(db, request.caller.accountId, request.params.id, request.body),
  )

  app.post('/fields/:id/archive', { schema: { params: one, response: { 200: field } } }, (request) =>
    archiveField(db, request.caller.accountId, request.params.id, 'archived'),
  )

  app.post('/fields/:id/restore', { schema: { params: one, response: { 200: field } } }, (request) =>
    archiveField(db, request.caller.accountId, request.params.id, 'restored'),
  )
}
