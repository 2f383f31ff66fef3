import type { Core } from '../platform/core.ts'
import { isLoopback } from '../platform/relay.ts'
import { isOfThisMachine, isPublic } from './outside.ts'
import { attribute, elementsOf } from './visible.ts'

/**
 * Gives the HTTP status with which a page answers, of addresses that `may` lets through alone.
 *
 * Throws NotAsked for another address, and any other error when nothing answers.
 */
export type AskPage = (url: URL, method: 'HEAD' | 'GET', may: (address: string) => boolean) => Promise<number>

/** The page lies where this program must not look. */
export class NotAsked extends Error {}

/** What became of asking for a page: `fault` is null when it answers, else the words that follow its URL. */
export type LinkAnswer = { url: string; fault: string | null }

const AT_ONCE = 6
const MOST_LINKS = 50
const KEPT_MS = 5 * 60_000
const MOST_KEPT = 2000
/** A page that wants a sign-in, or refuses programs, is there all the same. */
const THERE = new Set([401, 403, 405, 406, 429, 999])

const kept = new Map<string, { fault: string | null; until: number }>()

/**
 * Asks the pages that the links of a finished message lead to, the program's own left out. An answer is kept for five
 * minutes.
 *
 * Only public addresses are asked, each one resolved first and then used as resolved; redirects are not followed (SE-6).
 * While BASE_URL is of this machine, only pages of this machine are.
 */
export async function askLinks({ config, clock }: Core, askPage: AskPage, html: string): Promise<LinkAnswer[]> {
  const may = isLoopback(new URL(config.baseUrl).hostname) ? isOfThisMachine : isPublic
  const waiting = urlsOf(html, new URL(config.baseUrl).origin).filter(
    (url) => may === isPublic || isLoopback(url.hostname),
  )
  const answers = new Map<string, string | null>()
  const ask = async () => {
    for (let url = waiting.shift(); url; url = waiting.shift()) {
      const now = clock().getTime()
      const before = kept.get(url.href)
      const fault = before && before.until > now ? before.fault : await faultOf(askPage, url, may)
      if (kept.size >= MOST_KEPT) kept.clear()
      kept.set(url.href, before && before.until > now ? before : { fault, until: now + KEPT_MS })
      answers.set(url.href, fault)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, ask))
  return [...answers].map(([url, fault]) => ({ url, fault }))
}

function urlsOf(html: string, own: string): URL[] {
  const found = new Map<string, URL>()
  for (const element of elementsOf(html)) {
    const href = element.tagName === 'a' ? attribute(element, 'href')?.trim() : undefined
    if (!href || !/^https?:/i.test(href) || !URL.canParse(href)) continue
    const url = new URL(href)
    url.hash = ''
    if (url.origin !== own && url.username === '' && found.size < MOST_LINKS) found.set(url.href, url)
  }
  return [...found.values()]
}

/** Some servers do not know HEAD, so that what it does not find is asked for with GET too. */
async function faultOf(askPage: AskPage, url: URL, may: (address: string) => boolean): Promise<string | null> {
  try {
    const first = await askPage(url, 'HEAD', may)
    const status = first < 400 || THERE.has(first) ? first : await askPage(url, 'GET', may)
    return status < 400 || THERE.has(status) ? null : `answers with ${status}`
  } catch (error) {
    return error instanceof NotAsked ? 'leads to an address that is not public, so it was not asked' : 'does not answer'
  }
}
