import { z } from 'zod'
import { form, formChange, formHtml, forms, formsQuery, newForm } from '../audience/form.contract.ts'
import { archiveForm, changeForm, createForm, findForm, listForms, makeDefaultForm } from '../audience/form.ts'
import { formCode, formPage } from '../audience/form-preview.ts'
import { STYLE_PATH } from '../optouts/page.routes.ts'
import type { Core } from '../platform/core.ts'
import { idText } from '../platform/page.contract.ts'
import type { Api } from './api.ts'

const one = z.object({ id: idText })

export function formRoutes(app: Api, core: Core) {
  app.get('/forms', { schema: { querystring: formsQuery, response: { 200: forms } } }, (request) =>
    listForms(core, request.caller.accountId, request.query),
  )

  app.post('/forms', { schema: { body: newForm, response: { 201: form } } }, async (request, reply) =>
    reply.code(201).send(await createForm(core, request.caller, request.body)),
  )

  app.post('/forms/preview', { schema: { body: newForm, response: { 200: formHtml } } }, async (request) => ({
    html: await formPage(core, request.caller.accountId, request.body, STYLE_PATH),
  }))

  app.get('/forms/:id', { schema: { params: one, response: { 200: form } } }, (request) =>
    findForm(core, request.caller.accountId, request.params.id),
  )

  app.patch('/forms/:id', { schema: { params: one, body: formChange, response: { 200: form } } }, (request) =>
    changeForm(core, request.caller, request.params.id, request.body),
  )

  app.get('/forms/:id/embed', { schema: { params: one, response: { 200: formHtml } } }, async (request) => ({
    html: await formCode(core, request.caller.accountId, request.params.id),
  }))

  app.post('/forms/:id/default', { schema: { params: one, response: { 200: form } } }, (request) =>
    makeDefaultForm(core, request.caller.accountId, request.params.id),
  )

  app.post('/forms/:id/archive', { schema: { params: one, response: { 200: form } } }, (request) =>
    archiveForm(core, request.caller.accountId, request.params.id, 'archived'),
  )

  app.post('/forms/:id/restore', { schema: { params: one, response: { 200: form } } }, (request) =>
    archiveForm(core, request.caller.accountId, request.params.id, 'restored'),
  )
}
