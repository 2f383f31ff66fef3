import cookie from '@fastify/cookie'
import multipart from '@fastify/multipart'
import Fastify, { type FastifyInstance, LogController } from 'fastify'
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import { apiRoutes } from '../api/routes.ts'
import { preferencesPages } from '../audience/preferences.routes.ts'
import { signUpPages } from '../audience/sign-up.routes.ts'
import { imagePages } from '../mailings/image.routes.ts'
import { viewPages } from '../mailings/view.routes.ts'
import { optOutPages } from '../optouts/page.routes.ts'
import type { Core } from '../platform/core.ts'
import { trackingPages } from '../response/tracking.routes.ts'
import { BODY_LIMIT, refuseUnreadableText, takeBodies } from './bodies.ts'
import { answerNoRequest } from './client-error.ts'
import { answerFailure, mapErrors } from './errors.ts'
import { guard } from './guard.ts'
import { secureHeaders } from './headers.ts'
import { healthRoute } from './health.ts'
import { lingerAfterRefusal } from './linger.ts'
import { logRequests, serverLog } from './log.ts'
import { openApi } from './openapi.ts'
import { readableUrl } from './url.ts'
import { webApplication } from './web.ts'

/** An uploaded file; the import says itself what it can take (http answers 413 beyond this). */
const UPLOAD_LIMIT = 4 * 1024 * 1024 * 1024
/** What requests in flight have when the program ends. */
const CLOSE_WITHIN_MS = 5000

/**
 * Everything that answers HTTP, ready to listen.
 *
 * The public pages know neither guard nor cookies: an opt-out needs its token and nothing else (SE-2).
 */
export async function buildServer(core: Core): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: serverLog(core.log),
    logController: new LogController({ disableRequestLogging: true }),
    frameworkErrors: (error, request, reply) => void answerFailure(error, request, reply),
    clientErrorHandler: answerNoRequest,
    bodyLimit: BODY_LIMIT,
    trustProxy: core.config.trustProxy,
    rewriteUrl: ({ url = '/' }) => readableUrl(url),
    routerOptions: { maxParamLength: 2000 },
    genReqId: () => crypto.randomUUID(),
  })
  // A client that closes its sending side after the request still gets its answer (OC-9).
  Reflect.set(app.server, 'httpAllowHalfOpen', true)
  // Nor may a client that stops halfway keep the program from ending.
  app.addHook('preClose', async () => void setTimeout(() => app.server.closeAllConnections(), CLOSE_WITHIN_MS).unref())
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.decorateRequest('caller')
  mapErrors(app)
  secureHeaders(app, core.config)
  logRequests(app, core.log)
  lingerAfterRefusal(app)
  takeBodies(app)
  await openApi(app)
  healthRoute(app, core)
  optOutPages(app, core, preferencesPages)
  signUpPages(app, core)
  viewPages(app, core)
  trackingPages(app, core)
  imagePages(app, core)
  await app.register(
    async (scope) => {
      await scope.register(cookie)
      await scope.register(multipart, {
        limits: { files: 1, fileSize: UPLOAD_LIMIT, fields: 10, fieldSize: BODY_LIMIT },
      })
      guard(scope, core)
      scope.addHook('preValidation', refuseUnreadableText)
      apiRoutes(scope.withTypeProvider<ZodTypeProvider>(), core)
    },
    { prefix: '/api/v1' },
  )
  await webApplication(app)
  await app.ready()
  return app
}
