import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { requestEvidence } from '../optouts/evidence.ts'
import {
  answerOptOut,
  bodyOf,
  frameOf,
  holderOf,
  type Link,
  linkOf,
  notRecorded,
  type Pages,
  refuseLink,
  refuseOtherMethods,
  refusePost,
  saysOneClick,
  send,
  waysOf,
} from '../optouts/page.routes.ts'
import { donePage } from '../optouts/page.ts'
import { lastSeenSender } from '../optouts/sender.ts'
import { LANGUAGES, type Language } from '../optouts/words.ts'
import { DomainError } from '../platform/errors.ts'
import { askForData } from './data-request.ts'
import type { Field } from './field.contract.ts'
import { PAUSES } from './pause.ts'
import { findPreferences, type PreferenceChange, type Preferences, savePreferences } from './preferences.ts'
import { type EnteredDetails, saveDetails } from './preferences-details.ts'
import { idOf } from './preferences-fields.ts'
import { askedStatus, dataBelow, notSavedPage, type PreferencesAnswer, preferencesPage } from './preferences-page.ts'

const acts = ['save', 'details', 'copy', 'erase'] as const
type Act = (typeof acts)[number]

/**
 * The preferences page of a link's holder. A POST that says nothing else opts out of everything, as it always did, and
 * needs nothing but the link; only what the page itself offers is a choice of less.
 */
export function preferencesPages(scope: FastifyInstance, pages: Pages) {
  scope.get('/p/*', (request, reply) => {
    const link = linkOf(pages, request)
    return link ? show(pages, link, request, reply) : refuseLink(pages, 'preferences', request, reply)
  })
  scope.post('/p/*', (request, reply) => {
    const link = linkOf(pages, request)
    if (!link) return refusePost(pages, 'preferences', request, reply)
    const form = new URLSearchParams(bodyOf(request))
    const act = saysOneClick(bodyOf(request)) ? undefined : actOf(form)
    return act
      ? answer(pages, link, act, form, request, reply)
      : answerOptOut(pages, link, 'preferences', request, reply)
  })
  refuseOtherMethods(scope, pages, '/p/*')
}

function actOf(form: URLSearchParams): Act | undefined {
  const asked = form.getAll('act')
  return asked.length === 1 ? acts.find((act) => act === asked[0]) : undefined
}

async function answer(
  pages: Pages,
  link: Link,
  act: Act,
  form: URLSearchParams,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const { db } = pages.core
  try {
    if (act === 'copy' || act === 'erase') {
      const dueOn = await askForData(db, link, act, requestEvidence(request.raw, link))
      return await show(pages, link, request, reply, { asked: act, dueOn })
    }
    if (act === 'save') {
      const change = changeOf(form)
      await savePreferences(db, link, change)
      return await show(pages, link, request, reply, { saved: true }, change.language ?? undefined)
    }
    const entered = enteredOf(form)
    const wrong = await saveDetails(db, link, entered)
    return await show(pages, link, request, reply, wrong.length > 0 ? { wrong, entered } : { saved: true })
  } catch (error) {
    // Opted out, or gone: the page says how it stands, and nothing has changed.
    if (error instanceof DomainError) return show(pages, link, request, reply)
    pages.core.log.error({ err: error, event: 'preferences.not_saved' }, 'a preferences page could not do its work')
    return send(
      reply.header('retry-after', 5),
      503,
      notSavedPage(frameOf(pages, request, lastSeenSender(link.accountId))),
    )
  }
}

/** The page as it stands now, with what was just done; the done page for who opted out. */
async function show(
  pages: Pages,
  link: Link,
  request: FastifyRequest,
  reply: FastifyReply,
  answered?: PreferencesAnswer,
  chosen?: Language,
) {
  try {
    const { sender, address, language, standing } = await holderOf(pages, link)
    const asked = frameOf(pages, request, sender, language)
    const frame = { ...asked, language: chosen ?? asked.language }
    if (!standing) {
      const status = answered && 'wrong' in answered ? 400 : 200
      return send(reply, status, preferencesPage(frame, address, await preferencesOf(pages, link), answered))
    }
    const above = answered && 'asked' in answered ? askedStatus(frame, answered) : null
    const below = address === null ? null : dataBelow(frame)
    const done = { address, since: standing.opted_out_at, ways: waysOf(pages, link), above, below }
    return send(reply, 200, donePage(frame, done))
  } catch (error) {
    if (!answered) return notRecorded(pages, error, link, request, reply)
    pages.core.log.error({ err: error }, 'the page of a choice that is kept could not be filled in')
    const frame = frameOf(pages, request, lastSeenSender(link.accountId))
    return send(reply, 200, preferencesPage(frame, null, null, answered))
  }
}

/** What is offered beside leaving altogether only decorates: when it cannot be read, the way out is there without it. */
async function preferencesOf({ core }: Pages, link: Link): Promise<Preferences | null> {
  try {
    return await findPreferences(core.db, link)
  } catch (error) {
    core.log.error({ err: error }, 'the preferences of a link could not be read')
    return null
  }
}

function changeOf(form: URLSearchParams): PreferenceChange {
  const pause = form.get('pause')
  return {
    offered: idsOf(form, 'offered'),
    ticked: idsOf(form, 'topic'),
    pause: pause === 'end' ? 'end' : (PAUSES.find((days) => String(days) === pause) ?? null),
    language: LANGUAGES.find(({ code }) => code === form.get('language'))?.code ?? null,
    isUntracked: form.has('asked-tracking') ? form.has('untracked') : null,
  }
}

const idsOf = (form: URLSearchParams, name: string) => form.getAll(name).filter((id) => /^[1-9]\d{0,14}$/.test(id))

/** What was entered, by field: all values of one that has several boxes. */
function enteredOf(form: URLSearchParams): EnteredDetails {
  const prefix = idOf({ name: '' } satisfies Pick<Field, 'name'>)
  const names = [...new Set(form.keys())].filter((key) => key.startsWith(prefix))
  return new Map(
    names.map((name) => {
      const values = form.getAll(name)
      return [name.slice(prefix.length), values.length > 1 ? values : (values[0] ?? '')]
    }),
  )
}
