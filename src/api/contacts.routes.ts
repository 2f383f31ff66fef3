import { z } from 'zod'
import { bulkRequest, selectionRequest } from '../audience/bulk.contract.ts'
import { startBulk } from '../audience/bulk.ts'
import {
  contact,
  contactChange,
  contactCounts,
  contactCountsQuery,
  contactHistory,
  contacts,
  contactsQuery,
  groupIds,
  newContact,
  statusChange,
  trackingChange,
} from '../audience/contact.contract.ts'
import { addContact, changeContact } from '../audience/contact.ts'
import { archiveContact, eraseContact, restoreContact } from '../audience/contact-archive.ts'
import { fullContact } from '../audience/contact-full.contract.ts'
import { findFullContact } from '../audience/contact-full.ts'
import { countContacts, countSelection, listContacts } from '../audience/contact-list.ts'
import { setContactStatus } from '../audience/contact-status.ts'
import { addToGroups, leaveGroup } from '../audience/group-members.ts'
import { contactHistory as historyOf } from '../audience/history.ts'
import { releaseContact } from '../audience/hold.ts'
import { setTrackingRefusal } from '../audience/tracking-refusal.ts'
import type { Core } from '../platform/core.ts'
import { job } from '../platform/job.contract.ts'
import { idText } from '../platform/page.contract.ts'
import type { Api } from './api.ts'
import { presentJob } from './job.ts'

const one = z.object({ id: idText })
const oneInGroup = z.object({ id: idText, groupId: idText })

export function contactRoutes(app: Api, core: Core) {
  const { db } = core

  app.get('/contacts', { schema: { querystring: contactsQuery, response: { 200: contacts } } }, (request) =>
    listContacts(db, request.caller.accountId, request.query),
  )

  app.get(
    '/contacts/counts',
    { schema: { querystring: contactCountsQuery, response: { 200: contactCounts } } },
    (request) => countContacts(db, request.caller.accountId, request.query),
  )

  app.post('/contacts', { schema: { body: newContact, response: { 201: contact } } }, async (request, reply) =>
    reply.code(201).send(await addContact(core, request.caller, request.body)),
  )

  // A POST that only looks: a selection is too large for an address line.
  app.post('/contacts/selection', { schema: { body: selectionRequest, response: { 200: contactCounts } } }, (request) =>
    countSelection(db, request.caller.accountId, request.body.selection),
  )

  app.post('/contacts/bulk', { schema: { body: bulkRequest, response: { 202: job } } }, async (request, reply) =>
    reply.code(202).send(presentJob(await startBulk(db, request.caller, request.body))),
  )

  app.get('/contacts/:id', { schema: { params: one, response: { 200: fullContact } } }, (request) =>
    findFullContact(core, request.caller.accountId, request.params.id),
  )

  app.patch('/contacts/:id', { schema: { params: one, body: contactChange, response: { 200: contact } } }, (request) =>
    changeContact(core, request.caller, request.params.id, request.body),
  )

  app.delete('/contacts/:id', { schema: { params: one, response: { 204: z.null() } } }, async (request, reply) => {
    await eraseContact(db, request.caller, request.params.id)
    return reply.code(204).send(null)
  })

  app.post(
    '/contacts/:id/status',
    { schema: { params: one, body: statusChange, response: { 200: contact } } },
    (request) => setContactStatus(db, request.caller, request.params.id, request.body.status),
  )

  app.post('/contacts/:id/archive', { schema: { params: one, response: { 200: contact } } }, (request) =>
    archiveContact(db, request.caller, request.params.id),
  )

  app.post('/contacts/:id/restore', { schema: { params: one, response: { 200: contact } } }, (request) =>
    restoreContact(db, request.caller, request.params.id),
  )

  app.post('/contacts/:id/release', { schema: { params: one, response: { 200: contact } } }, (request) =>
    releaseContact(db, request.caller, request.params.id),
  )

  app.post(
    '/contacts/:id/tracking',
    { schema: { params: one, body: trackingChange, response: { 200: contact } } },
    (request) => setTrackingRefusal(db, request.caller, request.params.id, request.body.refused),
  )

  app.post('/contacts/:id/groups', { schema: { params: one, body: groupIds, response: { 200: contact } } }, (request) =>
    addToGroups(db, request.caller, request.params.id, request.body.groupIds),
  )

  app.delete(
    '/contacts/:id/groups/:groupId',
    { schema: { params: oneInGroup, response: { 200: contact } } },
    (request) => leaveGroup(db, request.caller, request.params.id, request.params.groupId),
  )

  app.get('/contacts/:id/history', { schema: { params: one, response: { 200: contactHistory } } }, (request) =>
    historyOf(db, request.caller.accountId, request.params.id),
  )
}
