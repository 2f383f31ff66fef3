import { z } from 'zod'
import {
  group,
  groupChange,
  groupCopy,
  groups,
  groupsQuery,
  memberIds,
  membersResult,
  newGroup,
  pastedAddresses,
  pastedResult,
  statusOfAll,
} from '../audience/group.contract.ts'
import { archiveGroup, createGroup, findGroup, type GroupWithJob, listGroups, renameGroup } from '../audience/group.ts'
import { addAddresses } from '../audience/group-addresses.ts'
import { startGroupCopy } from '../audience/group-copy.ts'
import { startGroupEmpty } from '../audience/group-empty.ts'
import { addMembers, removeMembers } from '../audience/group-members.ts'
import { startGroupStatus } from '../audience/group-status.ts'
import type { Core } from '../platform/core.ts'
import { job } from '../platform/job.contract.ts'
import { idText } from '../platform/page.contract.ts'
import type { Api } from './api.ts'
import { presentJob } from './job.ts'

const one = z.object({ id: idText })

export function groupRoutes(app: Api, core: Core) {
  const { db } = core
  app.get('/groups', { schema: { querystring: groupsQuery, response: { 200: groups } } }, async (request) => {
    const { items, nextCursor } = await listGroups(db, request.caller.accountId, request.query)
    return { items: items.map(present), nextCursor }
  })

  app.post('/groups', { schema: { body: newGroup, response: { 201: group } } }, async (request, reply) =>
    reply.code(201).send(present(await createGroup(db, request.caller, request.body.name, request.body.kind))),
  )

  app.get('/groups/:id', { schema: { params: one, response: { 200: group } } }, async (request) =>
    present(await findGroup(db, request.caller.accountId, request.params.id)),
  )

  app.patch(
    '/groups/:id',
    { schema: { params: one, body: groupChange, response: { 200: group } } },
    async ({ caller: { accountId }, params: { id }, body: { name } }) =>
      present(name === undefined ? await findGroup(db, accountId, id) : await renameGroup(db, accountId, id, name)),
  )

  app.post('/groups/:id/archive', { schema: { params: one, response: { 200: group } } }, async (request) =>
    present(await archiveGroup(db, request.caller.accountId, request.params.id, 'archived')),
  )

  app.post('/groups/:id/restore', { schema: { params: one, response: { 200: group } } }, async (request) =>
    present(await archiveGroup(db, request.caller.accountId, request.params.id, 'restored')),
  )

  app.post(
    '/groups/:id/members',
    { schema: { params: one, body: memberIds, response: { 200: membersResult } } },
    (request) => addMembers(db, request.caller, request.params.id, request.body.contactIds),
  )

  app.delete(
    '/groups/:id/members',
    { schema: { params: one, body: memberIds, response: { 200: membersResult } } },
    (request) => removeMembers(db, request.caller, request.params.id, request.body.contactIds),
  )

  app.post(
    '/groups/:id/addresses',
    { schema: { params: one, body: pastedAddresses, response: { 200: pastedResult } } },
    (request) => addAddresses(core, request.caller, request.params.id, request.body),
  )

  app.post(
    '/groups/:id/members/all/remove',
    { schema: { params: one, response: { 202: job } } },
    async (request, reply) =>
      reply.code(202).send(presentJob(await startGroupEmpty(db, request.caller, request.params.id))),
  )

  app.post(
    '/groups/:id/copy',
    { schema: { params: one, body: groupCopy, response: { 202: job } } },
    async (request, reply) => {
      const started = await startGroupCopy(db, request.caller, request.params.id, request.body)
      return reply.code(202).send(presentJob(started))
    },
  )

  app.post(
    '/groups/:id/status',
    { schema: { params: one, body: statusOfAll, response: { 202: job } } },
    async (request, reply) => {
      const started = await startGroupStatus(db, request.caller, request.params.id, request.body.status)
      return reply.code(202).send(presentJob(started))
    },
  )
}

const present = (found: GroupWithJob) => ({ ...found, job: found.job && presentJob(found.job) })
