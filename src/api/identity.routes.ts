import { z } from 'zod'
import { contact } from '../audience/contact.contract.ts'
import { contactDossier } from '../audience/contact-dossier.ts'
import { eraseCheck, eraseOrder, eraseRequest } from '../audience/erase.contract.ts'
import { checkErasure, startErasure } from '../audience/erase-addresses.ts'
import { contactRecord, optOutEvidence as evidence } from '../audience/evidence.contract.ts'
import { optOutEvidence } from '../audience/evidence.ts'
import { evidencePage } from '../audience/evidence-page.ts'
import { mergeCheck, mergeQuery, mergeRequest } from '../audience/merge.contract.ts'
import { checkMerge, mergeContacts } from '../audience/merge.ts'
import type { Core } from '../platform/core.ts'
import { job } from '../platform/job.contract.ts'
import { idText } from '../platform/page.contract.ts'
import { type Api, LARGE_BODY } from './api.ts'
import { presentJob } from './job.ts'

const one = z.object({ id: idText })
const page = { description: 'A page to print', content: { 'text/html': { schema: z.unknown() } } }

/** Who a contact is: two records made one, everything known of a person, and erasing people. */
export function identityRoutes(app: Api, core: Core) {
  const { db, clock } = core

  app.get(
    '/contacts/:id/merge',
    { schema: { params: one, querystring: mergeQuery, response: { 200: mergeCheck } } },
    (request) => checkMerge(db, request.caller.accountId, request.params.id, request.query.otherId),
  )

  app.post(
    '/contacts/:id/merge',
    { schema: { params: one, body: mergeRequest, response: { 200: contact } } },
    (request) => mergeContacts(db, request.caller, request.params.id, request.body),
  )

  app.get(
    '/contacts/:id/record.json',
    { schema: { params: one, response: { 200: contactRecord } } },
    async (request, reply) => {
      const record = await contactDossier(db, request.caller.accountId, request.params.id, clock())
      return reply
        .header('content-disposition', `attachment; filename="contact-${request.params.id}.json"`)
        .send(record)
    },
  )

  app.get(
    '/contacts/:id/evidence.json',
    { schema: { params: one, response: { 200: evidence } } },
    async (request, reply) => {
      const found = await optOutEvidence(db, request.caller.accountId, request.params.id)
      return reply
        .header('content-disposition', `attachment; filename="opt-out-evidence-${request.params.id}.json"`)
        .send(found)
    },
  )

  app.get('/contacts/:id/evidence.html', { schema: { params: one, response: { 200: page } } }, async (request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
      .send(evidencePage(await contactDossier(db, request.caller.accountId, request.params.id, clock()))),
  )

  // A list of addresses or, as text, a file of them: who of them is here, for the question before erasing.
  app.post(
    '/contacts/erase/check',
    { bodyLimit: LARGE_BODY, schema: { body: eraseRequest, response: { 200: eraseCheck } } },
    (request) => checkErasure(db, request.caller.accountId, request.body.addresses),
  )

  app.post(
    '/contacts/erase',
    { bodyLimit: LARGE_BODY, schema: { body: eraseOrder, response: { 202: job } } },
    async (request, reply) => reply.code(202).send(presentJob(await startErasure(core, request.caller, request.body))),
  )
}
