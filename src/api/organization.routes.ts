import { organization, organizationChange } from '../accounts/organization.contract.ts'
import { changeOrganization, getOrganization } from '../accounts/organization.ts'
import type { Core } from '../platform/core.ts'
import type { Api } from './api.ts'

export function organizationRoutes(app: Api, { db }: Core) {
  app.get('/organization', { schema: { response: { 200: organization } } }, (request) =>
    getOrganization(db, request.caller.accountId),
  )

  app.patch('/organization', { schema: { body: organizationChange, response: { 200: organization } } }, (request) =>
    changeOrganization(db, request.caller, request.body),
  )
}
