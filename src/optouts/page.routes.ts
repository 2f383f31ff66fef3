import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Core } from '../platform/core.ts'
import { addressKey, isAddress, maskAddress, readAddress } from './address.ts'
import { countLinkFailure, limitAttempts } from './attempts.ts'
import { requestEvidence } from './evidence.ts'
import { type ReadLink, readLink } from './link.ts'
import type { OptOutSource } from './optout.contract.ts'
import { optOut, standingOptOut } from './optout.ts'
import * as page from './page.ts'
import { accountsToLeave, findSender, holderOfLink, lastSeenSender, type PageSender } from './sender.ts'
import { chooseLanguage } from './words.ts'

const STYLE = readFileSync(new URL('public.css', import.meta.url))
/** Path of the style sheet of all public pages. */
export const STYLE_PATH = `/public-${createHash('sha256').update(STYLE).digest('hex').slice(0, 12)}.css`
const TEN_MINUTES_SECONDS = 600
const METHODS = 'GET, HEAD, OPTIONS, POST'

const linkParams = z.object({ '*': z.string() })
const pageQuery = z.object({
  lang: z.union([z.string(), z.array(z.string()).transform(([first]) => first)]).optional(),
})

type LinkKind = 'opt_out' | 'preferences'
export type Link = ReadLink & { token: string }
export type Pages = { core: Core; mayFail: (ip: string) => boolean; mayType: (ip: string) => boolean }
/** Pages of other modules that are served with the same headers, limits and failures. */
type MorePages = (scope: FastifyInstance, pages: Pages) => void

/**
 * The pages that recipients see: opt-out, and `more`. Their credential is the link alone:
 * no cookie, session, origin or script (D9, OC-9, SE-2). GET, HEAD and OPTIONS change nothing (OC-12); POST never redirects (OC-10).
 */
export function optOutPages(app: FastifyInstance, core: Core, ...more: MorePages[]) {
  const pages: Pages = {
    core,
    mayFail: limitAttempts(60, TEN_MINUTES_SECONDS, core.clock),
    mayType: limitAttempts(20, TEN_MINUTES_SECONDS, core.clock),
  }
  app.register(async (scope) => {
    takeAnyBody(scope)
    scope.addHook('onRequest', async (_request, reply) => void reply.headers(headersOf(core)))
    scope.setErrorHandler((error, request, reply) => answerFailure(pages, error, request, reply))

    scope.get('/o/*', (request, reply) => showLink(pages, request, reply))
    scope.post('/o/*', (request, reply) => answerPost(pages, request, reply))
    scope.get('/o', (request, reply) => send(reply, 404, page.brokenPage(frameOf(pages, request, null))))
    scope.post('/o', (request, reply) => answerTypedAddress(pages, request, reply))
    for (const url of ['/o', '/o/*']) refuseOtherMethods(scope, pages, url)
    for (const pagesOfOthers of more) pagesOfOthers(scope, pages)
    scope.get(STYLE_PATH, (_request, reply) =>
      reply.type('text/css').header('cache-control', 'public, max-age=31536000, immutable').send(STYLE),
    )
  })
}

/** What is neither looked at nor posted. */
export function refuseOtherMethods(scope: FastifyInstance, pages: { core: Core }, url: string) {
  scope.options(url, (_request, reply) => reply.code(204).header('allow', METHODS).send())
  scope.route({
    method: ['PUT', 'PATCH', 'DELETE'],
    url,
    handler: (request, reply) => {
      const frame = frameOf(pages, request, null)
      return send(reply.header('allow', METHODS), 405, page.plainPage(frame, 'notAllowedHeading', 'noFormText'))
    },
  })
}

async function showLink(pages: Pages, request: FastifyRequest, reply: FastifyReply) {
  const link = linkOf(pages, request)
  if (!link) return refuseLink(pages, 'opt_out', request, reply)
  try {
    const { sender, address, language, standing } = await holderOf(pages, link)
    const frame = frameOf(pages, request, sender, language)
    if (!standing) return send(reply, 200, page.optOutPage(frame, address))
    return send(reply, 200, page.donePage(frame, { address, since: standing.opted_out_at, ways: waysOf(pages, link) }))
  } catch (error) {
    return notRecorded(pages, error, link, request, reply)
  }
}

/** Whom a link belongs to, the address masked, and the opt-out that stands. */
export async function holderOf({ core: { db } }: Pages, link: Link) {
  const [sender, holder, standing] = await Promise.all([
    findSender(db, link.accountId),
    holderOfLink(db, link),
    standingOptOut(db, link.accountId, link.addressKey),
  ])
  return { sender, address: holder && maskAddress(holder.address), language: holder?.language, standing }
}

async function answerPost(pages: Pages, request: FastifyRequest, reply: FastifyReply) {
  const link = linkOf(pages, request)
  return link
    ? answerOptOut(pages, link, saysOneClick(bodyOf(request)) ? 'one_click' : 'link', request, reply)
    : refusePost(pages, 'opt_out', request, reply)
}

/** Records the opt-out and says so, whatever else of the database is gone or does not answer. */
export async function answerOptOut(
  pages: Pages,
  link: Link,
  source: OptOutSource,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const { accountId, mailingId } = link
  const evidence = requestEvidence(request.raw, link)
  try {
    const { since } = await optOut(pages.core.db, accountId, [link.addressKey], { source, mailingId, evidence })
    if (saysOneClick(bodyOf(request)))
      return reply.code(200).type('text/plain; charset=utf-8').send('You are opted out.\n')
    const { sender, address, language } = await factsOf(pages, link)
    const done = { address, since, ways: waysOf(pages, link) }
    return send(reply, 200, page.donePage(frameOf(pages, request, sender, language), done))
  } catch (error) {
    return notRecorded(pages, error, link, request, reply)
  }
}

/** Who types an address learns nothing about it: the answer is the same whether it is known or not (OC-17, UX-13). */
async function answerTypedAddress(pages: Pages, request: FastifyRequest, reply: FastifyReply) {
  const { core } = pages
  if (!pages.mayType(request.ip)) return tooMany(pages, request, reply)
  const typed = new URLSearchParams(bodyOf(request)).get('address') ?? ''
  const address = readAddress(typed)
  if (!isAddress(address)) {
    const frame = frameOf(pages, request, null)
    return send(reply, 400, page.brokenPage(frame, { typed: typed.slice(0, 320), isWrong: true }))
  }
  try {
    const key = addressKey(core.keys.address, address.optOutForm)
    const accounts = await accountsToLeave(core.db, key)
    const evidence = { ...requestEvidence(request.raw, null), typed: true }
    for (const accountId of accounts) await optOut(core.db, accountId, [key], { source: 'link', evidence })
    const done = { address: maskAddress(address.address), since: core.clock(), ways: null }
    return send(reply, 200, page.donePage({ ...frameOf(pages, request, null), hasLanguageLinks: false }, done))
  } catch (error) {
    return notRecorded(pages, error, null, request, reply)
  }
}

/** What mail programs add to the end of a link, such as a bracket or a dot, does not break it. */
export function linkOf({ core }: Pages, request: FastifyRequest): Link | null {
  const token = linkParams.parse(request.params)['*'].replace(/[^A-Za-z0-9_-]+$/, '')
  const link = readLink(core.keys.link, token)
  return link && { ...link, token }
}

export function refuseLink(pages: Pages, kind: LinkKind, request: FastifyRequest, reply: FastifyReply) {
  if (!pages.mayFail(request.ip)) return tooMany(pages, request, reply)
  pages.core.log.warn(
    { event: 'link.invalid', kind, method: request.method, ip: request.ip },
    'a link that is not ours',
  )
  return send(reply, 404, page.brokenPage(frameOf(pages, request, null)))
}

/** A link that is none of ours, posted: counted, so that a flood of them is seen (DEC-5). */
export async function refusePost(pages: Pages, kind: LinkKind, request: FastifyRequest, reply: FastifyReply) {
  const { db, log } = pages.core
  try {
    await countLinkFailure(db, kind)
  } catch (error) {
    log.error({ err: error, ip: request.ip }, 'an invalid link could not be counted')
  }
  return refuseLink(pages, kind, request, reply)
}

function tooMany(pages: Pages, request: FastifyRequest, reply: FastifyReply) {
  reply.header('retry-after', TEN_MINUTES_SECONDS)
  return send(reply, 429, page.plainPage(frameOf(pages, request, null), 'tooManyHeading', 'tooManyText'))
}

/** Mailbox providers post again after 503; people see that they have to (INV-10). */
export function notRecorded(
  pages: Pages,
  error: unknown,
  link: Link | null,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  pages.core.log.error({ err: error, event: 'optout.not_recorded' }, 'an opt-out page could not do its work')
  const frame = frameOf(pages, request, link && lastSeenSender(link.accountId))
  reply.header('retry-after', 5)
  return send(
    reply,
    503,
    link ? page.notRecordedPage(frame) : page.plainPage(frame, 'notRecordedHeading', 'notRecordedTextNoContact'),
  )
}

function answerFailure(pages: Pages, error: unknown, request: FastifyRequest, reply: FastifyReply) {
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
  if (status === 413)
    return send(reply, 413, page.plainPage(frameOf(pages, request, null), 'tooLargeHeading', 'tooLargeText'))
  if (status < 500)
    return send(reply, status, page.plainPage(frameOf(pages, request, null), 'notAllowedHeading', 'noFormText'))
  return notRecorded(pages, error, null, request, reply)
}

/** The opt-out is recorded by now: a page that cannot be filled in is still the page that says so. */
async function factsOf(
  pages: Pages,
  link: Link,
): Promise<{ sender: PageSender | null; address: string | null; language?: string | undefined }> {
  try {
    return await holderOf(pages, link)
  } catch (error) {
    pages.core.log.error({ err: error }, 'the page of a recorded opt-out could not be filled in')
    return { sender: lastSeenSender(link.accountId), address: null }
  }
}

/**
 * How a page is drawn for this request.
 *
 * @param language what the recipient chose on the preferences page
 */
export function frameOf(
  { core }: { core: Core },
  request: FastifyRequest,
  sender: PageSender | null,
  language?: string,
): page.Frame {
  const { lang } = pageQuery.catch({}).parse(request.query)
  const prefix = new URL(core.config.baseUrl).pathname.replace(/\/$/, '')
  return {
    language: chooseLanguage(lang ?? language, request.headers['accept-language'], sender?.language),
    sender,
    prefix,
    styleUrl: prefix + STYLE_PATH,
    isAnswer: request.method === 'POST',
    hasLanguageLinks: true,
  }
}

export function waysOf({ core }: Pages, { accountId, token }: Link) {
  const prefix = new URL(core.config.baseUrl).pathname.replace(/\/$/, '')
  return { signUp: `${prefix}/s/${accountId}`, preferences: `${prefix}/p/${token}` }
}

export const send = (reply: FastifyReply, status: number, text: string) =>
  reply.code(status).type('text/html; charset=utf-8').send(text)

export const bodyOf = ({ body }: FastifyRequest) => (typeof body === 'string' ? body : '')

/** RFC 8058 §3.2: as a form or as multipart; other fields and repeated ones do not matter. */
export function saysOneClick(body: string): boolean {
  if (new URLSearchParams(body).getAll('List-Unsubscribe').includes('One-Click')) return true
  return /name="?List-Unsubscribe"?[^\r\n]*(?:\r?\n[^\r\n]+){0,5}\r?\n\r?\nOne-Click\s/i.test(body)
}

/** Two long details in any script, as a form sends them. */
const BODY_LIMIT = 64 * 1024

/** Whatever the content type says, even if it is none: the link alone is what counts (OC-7, OC-8). */
export function takeAnyBody(scope: FastifyInstance) {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit: BODY_LIMIT }, (_request, body, done) =>
    done(null, body),
  )
  scope.addHook('onRequest', async ({ raw }) => {
    if (raw.headers['content-type'] !== undefined) raw.headers['content-type'] = 'application/octet-stream'
  })
}

export function headersOf({ config }: Core): Record<string, string> {
  return {
    'content-security-policy':
      "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-robots-tag': 'noindex',
    'cross-origin-opener-policy': 'same-origin',
    'cache-control': 'no-store',
    ...(config.baseUrl.startsWith('https:') ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  }
}
