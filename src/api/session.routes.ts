import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import type { Caller } from '../accounts/caller.ts'
import { createOwner, isOwnerNeeded } from '../accounts/owner.ts'
import { me, newOwner, setup, signIn as signInBody } from '../accounts/session.contract.ts'
import { beginSession, callerOfSession, endSession, LONGEST_MS, sessionCookieName } from '../accounts/session.ts'
import { signIn } from '../accounts/sign-in.ts'
import { whoAmI } from '../accounts/user.ts'
import type { Core } from '../platform/core.ts'
import type { Api } from './api.ts'

export function sessionRoutes(app: Api, core: Core) {
  const cookieName = sessionCookieName(core.config)
  const cookie = {
    path: '/',
    httpOnly: true,
    secure: core.config.baseUrl.startsWith('https:'),
    sameSite: 'lax',
  } as const

  async function answerAs(caller: Caller) {
    return { ...(await whoAmI(core.db, caller)), builtInMailbox: core.config.smtp === null }
  }

  async function answerSignedIn(token: string, reply: FastifyReply) {
    const caller = await callerOfSession(core.db, token, core.clock())
    if (!caller) throw new Error('a session that has just begun is not there')
    reply.setCookie(cookieName, token, { ...cookie, maxAge: LONGEST_MS / 1000 })
    return answerAs(caller)
  }

  app.get('/setup', { schema: { response: { 200: setup } }, config: { open: true } }, async () => ({
    ownerNeeded: await isOwnerNeeded(core.db),
  }))

  app.post(
    '/owner',
    { schema: { body: newOwner, response: { 201: me } }, config: { open: true } },
    async (request, reply) => {
      const { userId } = await createOwner(core, request.body)
      const token = await beginSession(core.db, userId, core.clock())
      return reply.code(201).send(await answerSignedIn(token, reply))
    },
  )

  app.post(
    '/session',
    { schema: { body: signInBody, response: { 201: me } }, config: { open: true } },
    async (request, reply) => {
      const token = await signIn(core, request.body, request.ip)
      const former = request.cookies[cookieName]
      if (former) await endSession(core.db, former, core.clock())
      return reply.code(201).send(await answerSignedIn(token, reply))
    },
  )

  app.delete(
    '/session',
    { schema: { response: { 204: z.null() } }, config: { open: true } },
    async (request, reply) => {
      const token = request.cookies[cookieName]
      if (token) await endSession(core.db, token, core.clock())
      return reply.clearCookie(cookieName, cookie).code(204).send(null)
    },
  )

  app.get('/me', { schema: { response: { 200: me } } }, (request) => answerAs(request.caller))
}
