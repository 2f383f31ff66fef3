import { field, fieldList, newField } from '../audience/contact.contract.ts'
import { createField, listFields } from '../audience/field.ts'
import type { Core } from '../platform/core.ts'
import type { Api } from './api.ts'

export function fieldRoutes(app: Api, { db }: Core) {
  app.get('/fields', { schema: { response: { 200: fieldList } } }, async (request) => ({
    items: await listFields(db, request.caller.accountId),
  }))

  app.post('/fields', { schema: { body: newField, response: { 201: field } } }, async (request, reply) =>
    reply.code(201).send(await createField(db, request.caller.accountId, request.body.label)),
  )
}
