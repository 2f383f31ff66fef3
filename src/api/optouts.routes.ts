import { newOptOuts, optOuts, optOutsQuery, optOutsResult } from '../optouts/optout.contract.ts'
import { optOutAddresses } from '../optouts/optout-addresses.ts'
import { listOptOuts } from '../optouts/standing.ts'
import type { Core } from '../platform/core.ts'
import { type Api, LARGE_BODY } from './api.ts'

export function optOutRoutes(app: Api, core: Core) {
  app.post(
    '/opt-outs',
    { bodyLimit: LARGE_BODY, schema: { body: newOptOuts, response: { 200: optOutsResult } } },
    (request) => {
      const { accountId, userId, apiKeyId } = request.caller
      const source = userId === null ? 'api' : 'operator'
      return optOutAddresses(core, accountId, request.body, { source, userId, apiKeyId })
    },
  )

  app.get('/opt-outs', { schema: { querystring: optOutsQuery, response: { 200: optOuts } } }, (request) =>
    listOptOuts(core, request.caller.accountId, request.query),
  )
}
