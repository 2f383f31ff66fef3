import type { Core } from '../platform/core.ts'
import type { Api } from './api.ts'

/** Every route of /api/v1; each file adapts one noun of the domain to HTTP. */
export function apiRoutes(_app: Api, _core: Core) {}
