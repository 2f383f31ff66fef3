import { getAccount } from '../accounts/account.ts'
import { sendingDomain, sendingDomainQuery } from '../mailings/sending-domain.contract.ts'
import { lookUpDomain } from '../mailings/sending-domain.ts'
import type { Core } from '../platform/core.ts'
import type { Api } from './api.ts'

export function sendingDomainRoutes(app: Api, core: Core) {
  app.get(
    '/sending-domain',
    { schema: { querystring: sendingDomainQuery, response: { 200: sendingDomain } } },
    async ({ caller, query }) => {
      const { senderAddress } = await getAccount(core.db, caller.accountId)
      return lookUpDomain(core, senderAddress, { again: query.again === 'true' })
    },
  )
}
