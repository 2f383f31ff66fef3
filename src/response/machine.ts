import type { ResponseEvent } from './event.ts'

/** Apple's mail privacy fetches every picture under this bare name, whether or not anybody reads. */
const APPLE_PRIVACY = /^Mozilla\/5\.0$/
const PROXIES = /GoogleImageProxy|YahooMailProxy/i
const PROGRAMS =
  /bot\b|crawl|spider|scanner|preview|headless|curl|wget|python|go-http-client|java\/|okhttp|libwww|axios|node|undici|barracuda|proofpoint|mimecast|symantec|fortinet|trendmicro|safelinks|bitdefender/i

/**
 * True when the request names a machine: a picture proxy, a scanner, a program, nobody at all, or HEAD (AB-2).
 *
 * An estimate: a scanner that calls itself a browser is found by its haste alone, see `markBursts`.
 */
export function isMachineAgent(method: string, agent: string | undefined): boolean {
  if (method !== 'GET' || agent === undefined || agent.trim() === '') return true
  return APPLE_PRIVACY.test(agent.trim()) || PROXIES.test(agent) || PROGRAMS.test(agent)
}

/** People do not click this many different links of one message within `BURST_MS`. */
const BURST_LINKS = 3
export const BURST_MS = 2000

/** Marks what came with many different links of one message at nearly the same time: a scanner follows them all. */
export function markBursts(events: ResponseEvent[]): void {
  const byMessage = Map.groupBy(events, ({ accountId, messageId }) => `${accountId}/${messageId}`)
  for (const ofMessage of byMessage.values()) {
    for (const event of ofMessage) {
      const around = ofMessage.filter(({ at }) => Math.abs(at.getTime() - event.at.getTime()) <= BURST_MS)
      const links = new Set(around.filter(({ kind }) => kind === 'clicked').map(({ number }) => number))
      if (links.size >= BURST_LINKS) for (const one of around) one.isMachine = true
    }
  }
}
