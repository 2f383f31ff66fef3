import { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { noteAct } from '../accounts/audit.ts'
import type { Caller } from '../accounts/caller.ts'
import type { AccountErrorCode } from '../accounts/errors.ts'
import {
  newDomainOptOut,
  newHashOptOuts,
  newOptOuts,
  optOutCheck,
  optOutCounts,
  optOutExportQuery,
  optOutQuestion,
  optOutRules,
  optOutRulesQuery,
  optOuts,
  optOutsQuery,
  optOutsResult,
  ruleResult,
} from '../optouts/optout.contract.ts'
import { optOutAddresses } from '../optouts/optout-addresses.ts'
import { checkOptOuts } from '../optouts/optout-check.ts'
import { listRules, optOutDomain, optOutHashes } from '../optouts/rule.ts'
import { listOptOuts } from '../optouts/standing.ts'
import { countOptOuts, optOutsCsv } from '../optouts/standing-export.ts'
import type { Core } from '../platform/core.ts'
import { DomainError } from '../platform/errors.ts'
import { type Api, LARGE_BODY } from './api.ts'

const csvFile = { description: 'The opt-outs', content: { 'text/csv': { schema: z.unknown() } } }

export function optOutRoutes(app: Api, core: Core) {
  const { db } = core

  app.post(
    '/opt-outs',
    { bodyLimit: LARGE_BODY, schema: { body: newOptOuts, response: { 200: optOutsResult } } },
    ({ caller, body }) =>
      optOutAddresses(core, caller.accountId, body, {
        source: caller.userId === null ? 'api' : 'operator',
        ...byWhom(caller),
      }),
  )

  app.get('/opt-outs', { schema: { querystring: optOutsQuery, response: { 200: optOuts } } }, (request) =>
    listOptOuts(core, request.caller.accountId, request.query),
  )

  app.get('/opt-outs/counts', { schema: { response: { 200: optOutCounts } } }, (request) =>
    countOptOuts(db, request.caller.accountId),
  )

  app.post(
    '/opt-outs/check',
    { bodyLimit: LARGE_BODY, schema: { body: optOutQuestion, response: { 200: optOutCheck } } },
    (request) => checkOptOuts(core, request.caller.accountId, request.body),
  )

  app.get('/opt-outs/rules', { schema: { querystring: optOutRulesQuery, response: { 200: optOutRules } } }, (request) =>
    listRules(db, request.caller.accountId, request.query),
  )

  app.post(
    '/opt-outs/domains',
    { schema: { body: newDomainOptOut, response: { 201: ruleResult } } },
    async ({ caller, body }, reply) =>
      reply
        .code(201)
        .send(await optOutDomain(db, caller.accountId, body, { source: bulkBy(caller), ...byWhom(caller) })),
  )

  app.post(
    '/opt-outs/hashes',
    { bodyLimit: LARGE_BODY, schema: { body: newHashOptOuts, response: { 201: ruleResult } } },
    async ({ caller, body }, reply) =>
      reply
        .code(201)
        .send(await optOutHashes(db, caller.accountId, body, { source: bulkBy(caller), ...byWhom(caller) })),
  )

  // Its own right (LW-6): a key that may only read does not get it, and who took what is kept.
  app.get(
    '/opt-outs/export.csv',
    { schema: { querystring: optOutExportQuery, response: { 200: csvFile } } },
    async (request, reply) => {
      const { plain, reason } = request.query
      refuseReaders(request)
      const { total } = await countOptOuts(db, request.caller.accountId)
      await noteAct(db, request.caller, 'optouts.exported', { plain, reason: reason ?? null, optOuts: total })
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', 'attachment; filename="opt-outs.csv"')
        .send(Readable.from(optOutsCsv(db, request.caller.accountId, plain)))
    },
  )
}

const bulkBy = (caller: Caller) => (caller.userId === null ? 'api' : 'bulk')
const byWhom = ({ userId, apiKeyId }: Caller) => ({ userId, apiKeyId })

function refuseReaders({ caller }: FastifyRequest) {
  if (caller.scope === 'full') return
  throw new DomainError<AccountErrorCode>(
    'request.forbidden',
    'This API key may only read. Opt-outs are exported by an operator or with a key of full scope.',
  )
}
