import type { Core } from '../platform/core.ts'
import { accountRoutes } from './account.routes.ts'
import type { Api } from './api.ts'
import { contactRoutes } from './contacts.routes.ts'
import { dataRequestRoutes } from './data-requests.routes.ts'
import { exportRoutes } from './exports.routes.ts'
import { fieldRoutes } from './fields.routes.ts'
import { formRoutes } from './forms.routes.ts'
import { groupRoutes } from './groups.routes.ts'
import { identityRoutes } from './identity.routes.ts'
import { imageRoutes } from './images.routes.ts'
import { importRoutes } from './imports.routes.ts'
import { jobRoutes } from './job.routes.ts'
import { mailboxRoutes } from './mailbox.routes.ts'
import { mailingRoutes } from './mailings.routes.ts'
import { optOutRoutes } from './optouts.routes.ts'
import { organizationRoutes } from './organization.routes.ts'
import { segmentRoutes } from './segments.routes.ts'
import { sendingDomainRoutes } from './sending-domain.routes.ts'
import { sessionRoutes } from './session.routes.ts'
import { splitRoutes } from './split.routes.ts'
import { templateRoutes } from './templates.routes.ts'
import { topicRoutes } from './topics.routes.ts'

/** Every route of /api/v1; each file adapts one noun of the domain to HTTP. */
export function apiRoutes(app: Api, core: Core) {
  sessionRoutes(app, core)
  accountRoutes(app, core)
  organizationRoutes(app, core)
  jobRoutes(app, core)
  contactRoutes(app, core)
  dataRequestRoutes(app, core)
  exportRoutes(app, core)
  identityRoutes(app, core)
  groupRoutes(app, core)
  fieldRoutes(app, core)
  segmentRoutes(app, core)
  topicRoutes(app, core)
  formRoutes(app, core)
  mailboxRoutes(app, core)
  mailingRoutes(app, core)
  splitRoutes(app, core)
  templateRoutes(app, core)
  imageRoutes(app, core)
  sendingDomainRoutes(app, core)
  importRoutes(app, core)
  optOutRoutes(app, core)
}
