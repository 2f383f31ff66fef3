import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { maskAddress } from '../optouts/address.ts'
import { limitAttempts } from '../optouts/attempts.ts'
import { requestEvidence } from '../optouts/evidence.ts'
import { fillText } from '../optouts/html.ts'
import { bodyOf, frameOf, headersOf, refuseOtherMethods, send, takeAnyBody } from '../optouts/page.routes.ts'
import { type Frame, plainPage } from '../optouts/page.ts'
import { findSender, lastSeenSender, type PageSender } from '../optouts/sender.ts'
import type { Core } from '../platform/core.ts'
import { findFormOfSignUp, findShownForm, readFormPath, type ShownForm } from './form-shown.ts'
import { askSignUp } from './sign-up.ts'
import { confirmSignUp } from './sign-up-confirm.ts'
import { EMPTY, type FormState } from './sign-up-form.ts'
import { type FoundSignUp, findSignUp } from './sign-up-found.ts'
import {
  askedPage,
  confirmedPage,
  confirmPage,
  domainPage,
  endedPage,
  signUpFailedPage,
  signUpPage,
} from './sign-up-page.ts'
import { type AskedFor, judgeEntered, readEntered } from './sign-up-read.ts'
import { isFilledInTime, makeStamp, readToken } from './sign-up-token.ts'
import { signUpWords } from './sign-up-words.ts'

/** Sign-ups are answered no sooner: longer than any of them takes, so that how long it took tells nothing (AB-6). */
const ANSWER_AFTER_MS = 250
const TEN_MINUTES_SECONDS = 600

const formParams = z.object({ form: z.string() })
const confirmParams = z.object({ form: z.string(), token: z.string() })
const pageQuery = z.object({ lang: z.string().optional() })

type Place = { accountId: string; path: string; sender: PageSender; form: ShownForm }
type Pages = { core: Core; mayFail: (ip: string) => boolean }

/**
 * Sign-up forms and the links in confirmation mails: the way to an account's mail, and the only way back (DEC-2).
 *
 * GET, HEAD and OPTIONS change nothing (AB-1). No cookie, no script; a form that was copied to another site posts to here.
 */
export function signUpPages(app: FastifyInstance, core: Core) {
  const pages: Pages = { core, mayFail: limitAttempts(60, TEN_MINUTES_SECONDS, core.clock) }
  app.register(async (scope) => {
    takeAnyBody(scope)
    scope.addHook('onRequest', async (_request, reply) => void reply.headers(headersOf(core)))
    scope.setErrorHandler((error, request, reply) => answerFailure(pages, error, request, reply))
    scope.get('/s/:form', (request, reply) => showForm(pages, request, reply))
    scope.post('/s/:form', (request, reply) => answerForm(pages, request, reply))
    scope.get('/s/:form/confirm/:token', (request, reply) => showConfirm(pages, request, reply))
    scope.post('/s/:form/confirm/:token', (request, reply) => answerConfirm(pages, request, reply))
    for (const url of ['/s/:form', '/s/:form/confirm/:token']) refuseOtherMethods(scope, pages, url)
  })
}

async function showForm(pages: Pages, request: FastifyRequest, reply: FastifyReply) {
  const place = await placeOf(pages, request)
  if (!place) return noForm(pages, request, reply)
  return send(reply, 200, signUpPage(frameFor(pages, request, place), place.form, stateOf(pages, place, EMPTY)))
}

/**
 * Whatever becomes of it, whoever fills it in well gets the same page after the same time (AB-6). A form that another
 * site shows, and one that was filled in too fast, is shown again: people press once more, programs do not (AB-5).
 */
async function answerForm(pages: Pages, request: FastifyRequest, reply: FastifyReply) {
  const { core } = pages
  const soonest = sleep(ANSWER_AFTER_MS)
  const place = await placeOf(pages, request)
  if (!place) return noForm(pages, request, reply)
  const frame = frameFor(pages, request, place)
  const entered = readEntered(place.form, bodyOf(request))
  const asked = judgeEntered(core.keys, place.form, entered)
  if (asked instanceof Map)
    return send(reply, 400, signUpPage(frame, place.form, stateOf(pages, place, { ...EMPTY, entered, faults: asked })))
  if (entered.isTrapped) core.log.info({ event: 'sign_up.trapped', ip: request.ip }, 'a program filled in a form')
  else if (!isFilledInTime(core.keys.link, place.path, entered.stamp, core.clock()))
    return send(
      reply,
      200,
      signUpPage(frame, place.form, stateOf(pages, place, { ...EMPTY, entered, isOnceMore: true })),
    )
  else await ask(pages, request, place, frame, asked)
  await soonest
  return send(reply, 200, askedPage(frame))
}

async function ask(pages: Pages, request: FastifyRequest, place: Place, frame: Frame, asked: AskedFor) {
  const { core } = pages
  const consent =
    place.form.texts?.consent ?? fillText(signUpWords(frame.language).consent, { sender: place.sender.name })
  const outcome = await askSignUp(core, place.accountId, place.form, asked, {
    language: frame.language,
    consent,
    ip: request.ip,
    userAgent: userAgentOf(request),
  })
  if (outcome === 'many' || outcome === 'connection')
    core.log.warn(
      { event: 'sign_up.limited', outcome, account: place.accountId, ip: request.ip },
      'sign-ups are limited',
    )
}

async function showConfirm(pages: Pages, request: FastifyRequest, reply: FastifyReply) {
  const found = await linkOf(pages, request)
  if (!found) return noForm(pages, request, reply)
  const { accountId, path, sender, token } = found
  const signUp = token && (await findSignUp(pages.core.db, accountId, token))
  const frame = frameFor(pages, request, { sender, language: signUp?.language })
  if (!signUp) return ended(pages, request, reply, frame, path)
  if (signUp.confirmedAt) return showConfirmed(pages, reply, frame, found, signUp)
  return send(reply, 200, confirmPage(frame, signUp, maskAddress(signUp.address)))
}

async function answerConfirm(pages: Pages, request: FastifyRequest, reply: FastifyReply) {
  const found = await linkOf(pages, request)
  if (!found) return noForm(pages, request, reply)
  const { core } = pages
  const { accountId, path, sender, token } = found
  const evidence = requestEvidence(request.raw, null)
  const origin = { ip: request.ip, userAgent: userAgentOf(request), evidence }
  const confirmed = token ? await confirmSignUp(core, accountId, token, origin) : ({ outcome: 'ended' } as const)
  if (confirmed.outcome === 'ended') return ended(pages, request, reply, frameFor(pages, request, { sender }), path)
  const frame = frameFor(pages, request, { sender, language: confirmed.signUp.language })
  if (confirmed.outcome === 'domain') return send(reply, 409, domainPage(frame))
  return showConfirmed(pages, reply, frame, found, confirmed.signUp)
}

/** Who opted out after that is told so: the link works once. */
async function showConfirmed(
  pages: Pages,
  reply: FastifyReply,
  frame: Frame,
  { accountId, path }: { accountId: string; path: string },
  signUp: FoundSignUp,
) {
  if (signUp.optedOutAt) return send(reply, 410, endedPage(frame, `${frame.prefix}/s/${path}`, signUp.confirmedAt))
  const form = await findFormOfSignUp(pages.core.db, accountId, signUp.formId, path)
  return send(reply, 200, confirmedPage(frame, form, signUp, maskAddress(signUp.address)))
}

function ended(pages: Pages, request: FastifyRequest, reply: FastifyReply, frame: Frame, path: string) {
  if (!pages.mayFail(request.ip)) {
    reply.header('retry-after', TEN_MINUTES_SECONDS)
    return send(reply, 429, plainPage(frame, 'tooManyHeading', 'tooManyText'))
  }
  return send(reply, 410, endedPage(frame, `${frame.prefix}/s/${path}`, null))
}

/** The open form that a path leads to, or null. */
async function placeOf({ core }: Pages, request: FastifyRequest): Promise<Place | null> {
  const { form: path } = formParams.parse(request.params)
  const read = readFormPath(path)
  if (!read) return null
  const [sender, form] = await Promise.all([
    findSender(core.db, read.accountId),
    findShownForm(core.db, read.accountId, read.code),
  ])
  return sender && form ? { accountId: read.accountId, path, sender, form } : null
}

/** A confirmation link leads to its sign-up by account and token; what its form is by now does not matter. */
async function linkOf({ core }: Pages, request: FastifyRequest) {
  const { form: path, token } = confirmParams.parse(request.params)
  const read = readFormPath(path)
  const sender = read && (await findSender(core.db, read.accountId))
  if (!read || !sender) return null
  return { accountId: read.accountId, path, sender, token: readToken(token.replace(/[^A-Za-z0-9_-]+$/, '')) }
}

/** In the language that the reader chose, else that of the form or of the sign-up, else as the browser prefers. */
function frameFor(
  pages: Pages,
  request: FastifyRequest,
  { sender, form, language }: { sender: PageSender; form?: ShownForm; language?: Frame['language'] | undefined },
): Frame {
  const frame = frameOf(pages, request, sender)
  const own = language ?? form?.texts?.language
  const isChosen = pageQuery.catch({}).parse(request.query).lang !== undefined
  return own && !isChosen ? { ...frame, language: own } : frame
}

const stateOf = ({ core }: Pages, { path }: Place, state: Omit<FormState, 'stamp'>): FormState => ({
  ...state,
  stamp: makeStamp(core.keys.link, path, core.clock()),
})

const userAgentOf = ({ headers }: FastifyRequest) => (headers['user-agent'] ?? '').slice(0, 500)

function noForm(pages: Pages, request: FastifyRequest, reply: FastifyReply) {
  return send(reply, 404, plainPage(frameOf(pages, request, null), 'noFormHeading', 'noFormText'))
}

/** People see that nothing was recorded, and that they can press again. */
function answerFailure(pages: Pages, error: unknown, request: FastifyRequest, reply: FastifyReply) {
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
  if (status === 413)
    return send(reply, 413, plainPage(frameOf(pages, request, null), 'tooLargeHeading', 'tooLargeText'))
  if (status < 500)
    return send(reply, status, plainPage(frameOf(pages, request, null), 'notAllowedHeading', 'noFormText'))
  pages.core.log.error({ err: error, event: 'sign_up.not_recorded' }, 'a sign-up page could not do its work')
  const [, accountId = ''] = /^\/s\/(\d+)/.exec(request.url) ?? []
  reply.header('retry-after', 5)
  return send(reply, 503, signUpFailedPage(frameOf(pages, request, lastSeenSender(accountId))))
}
