import { z } from 'zod'
import { account, accountChange } from '../accounts/account.contract.ts'
import { changeAccount, getAccount } from '../accounts/account.ts'
import { listApiKeys, makeApiKey, revokeApiKey } from '../accounts/api-key.ts'
import { noteAct } from '../accounts/audit.ts'
import type { Caller } from '../accounts/caller.ts'
import type { AccountErrorCode } from '../accounts/errors.ts'
import { apiKeys, madeApiKey, newApiKey } from '../accounts/session.contract.ts'
import type { Core } from '../platform/core.ts'
import { transaction } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import { idText } from '../platform/page.contract.ts'
import type { Api } from './api.ts'

const keyParams = z.object({ id: idText })

export function accountRoutes(app: Api, core: Core) {
  app.get('/account', { schema: { response: { 200: account } } }, (request) =>
    getAccount(core.db, request.caller.accountId),
  )

  app.patch('/account', { schema: { body: accountChange, response: { 200: account } } }, (request) =>
    changeAccount(core.db, request.caller, request.body),
  )

  app.get('/api-keys', { schema: { response: { 200: apiKeys } } }, async (request) => ({
    items: await listApiKeys(core.db, request.caller.accountId),
    nextCursor: null,
  }))

  app.post('/api-keys', { schema: { body: newApiKey, response: { 201: madeApiKey } } }, async (request, reply) => {
    const userId = personOf(request.caller)
    const made = await transaction(core.db, async (trx) => {
      const key = await makeApiKey(trx, request.caller.accountId, request.body, userId)
      await noteAct(trx, request.caller, 'api_key.made', { id: key.id, scope: key.scope })
      return key
    })
    return reply.code(201).send(made)
  })

  app.delete(
    '/api-keys/:id',
    { schema: { params: keyParams, response: { 204: z.null() } } },
    async (request, reply) => {
      personOf(request.caller)
      await transaction(core.db, async (trx) => {
        await revokeApiKey(trx, request.caller.accountId, request.params.id, core.clock())
        await noteAct(trx, request.caller, 'api_key.revoked', { id: request.params.id })
      })
      return reply.code(204).send(null)
    },
  )
}

/** A key that leaked must not make others that outlive it. */
function personOf({ userId }: Caller): string {
  if (userId) return userId
  throw new DomainError<AccountErrorCode>('request.forbidden', 'Only a signed-in person makes and revokes API keys.')
}
