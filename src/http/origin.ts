import type { Config } from '../platform/config.ts'
import { isLoopback } from '../platform/relay.ts'

/** True for the origin of BASE_URL; on this machine also for the host that the browser used (localhost, 127.0.0.1). */
export function isOwnOrigin({ baseUrl }: Pick<Config, 'baseUrl'>, origin: string, host: string | undefined): boolean {
  const base = new URL(baseUrl)
  if (origin === base.origin) return true
  if (!isLoopback(base.hostname) || !URL.canParse(origin)) return false
  const asked = new URL(origin)
  return asked.protocol === 'http:' && isLoopback(asked.hostname) && asked.host === host
}
