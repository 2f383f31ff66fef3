import { z } from 'zod'
import { dataRequest, dataRequestCounts, dataRequests, dataRequestsQuery } from '../audience/data-request.contract.ts'
import { countOpenRequests, listDataRequests, settleDataRequest } from '../audience/data-request.ts'
import type { Core } from '../platform/core.ts'
import { idText } from '../platform/page.contract.ts'
import type { Api } from './api.ts'

const one = z.object({ id: idText })

export function dataRequestRoutes(app: Api, { db }: Core) {
  app.get(
    '/data-requests',
    { schema: { querystring: dataRequestsQuery, response: { 200: dataRequests } } },
    (request) => listDataRequests(db, request.caller.accountId, request.query),
  )

  app.get('/data-requests/counts', { schema: { response: { 200: dataRequestCounts } } }, (request) =>
    countOpenRequests(db, request.caller.accountId),
  )

  app.post('/data-requests/:id/settle', { schema: { params: one, response: { 200: dataRequest } } }, (request) =>
    settleDataRequest(db, request.caller, request.params.id),
  )
}
