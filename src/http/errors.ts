import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { ZodError } from 'zod'
import type { AccountErrorCode } from '../accounts/errors.ts'
import type { AudienceErrorCode } from '../audience/errors.ts'
import type { MailingErrorCode } from '../mailings/errors.ts'
import type { OptOutErrorCode } from '../optouts/errors.ts'
import { DomainError, isLocked, isUnavailable } from '../platform/errors.ts'
import type { PageErrorCode } from '../platform/page.ts'

type ErrorCode = PageErrorCode | OptOutErrorCode | AccountErrorCode | AudienceErrorCode | MailingErrorCode

// The only place that pairs failures with HTTP. A new code fails to compile until it is listed.
const statusOf: Record<ErrorCode, number> = {
  'request.invalid_cursor': 400,
  'request.not_signed_in': 401,
  'request.forbidden': 403,
  'request.foreign_origin': 403,
  'session.wrong_credentials': 401,
  'session.too_many_attempts': 429,
  'owner.link_used': 409,
  'account.invalid': 400,
  'account.not_found': 404,
  'api_key.not_found': 404,
  'optout.invalid_domain': 400,
  'optout.no_hash': 400,
  'contact.opted_out': 409,
  'contact.exists': 409,
  'contact.invalid_address': 400,
  'contact.not_found': 404,
  'contact.tracking_refused': 409,
  'field.unknown': 400,
  'field.exists': 409,
  'field.not_found': 404,
  'field.invalid': 400,
  'field.invalid_value': 400,
  'group.exists': 409,
  'group.not_found': 404,
  'group.busy': 409,
  'group.full': 409,
  'segment.exists': 409,
  'segment.not_found': 404,
  'condition.invalid': 400,
  'bulk.count_differs': 409,
  'data_request.not_found': 404,
  'topic.exists': 409,
  'topic.not_found': 404,
  'topic.too_many': 409,
  'form.exists': 409,
  'form.not_found': 404,
  'form.invalid': 400,
  'job.not_found': 404,
  'export.not_found': 404,
  'export.gone': 410,
  'merge.invalid': 400,
  'import.not_found': 404,
  'import.unreadable': 400,
  'import.too_large': 413,
  'import.invalid': 400,
  'import.not_possible': 409,
  'mailing.not_found': 404,
  'mailing.not_sendable': 409,
  'mailing.not_possible': 409,
  'mailing.needs_reason': 409,
  'mailing.invalid': 400,
  'mailing.too_many_tests': 429,
  'mailing.no_server': 502,
  'letter.not_found': 404,
  'template.not_found': 404,
  'template.exists': 409,
  'image.invalid': 400,
  'image.too_large': 413,
  'image.not_found': 404,
}

/** Answers every failure as {code, message, fields?}; nothing else ever leaves (SE-16). */
export function mapErrors(app: FastifyInstance) {
  app.setErrorHandler((error, request, reply) => answerFailure(error, request, reply))
}

export function answerFailure(error: unknown, request: FastifyRequest, reply: FastifyReply) {
  const failure = error instanceof Error ? error : new Error(String(error))
  const { status, retryAfter, ...answer } = read(failure)
  if (status >= 500) request.log.error({ incident: request.id, ...describe(failure) }, 'request failed')
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter))
  const message = answer.code === 'internal' ? `${answer.message} Incident ${request.id}.` : answer.message
  return reply.code(status).send({ ...answer, message })
}

type Answer = { status: number; code: string; message: string; fields?: unknown; retryAfter?: number }

function read(failure: Error): Answer {
  if (hasZodFastifySchemaValidationErrors(failure)) {
    const fields = failure.validation.map((issue) => ({
      path: issue.instancePath,
      message: issue.message ?? 'is not possible',
    }))
    return { status: 400, code: 'request.invalid', message: sentence(fields), fields }
  }
  if (failure instanceof ZodError) {
    const fields = failure.issues.map(({ path, message }) => ({ path: `/${path.join('/')}`, message }))
    return { status: 400, code: 'request.invalid', message: sentence(fields), fields }
  }
  if (failure instanceof DomainError) return ofDomain(failure)
  if (isLocked(failure))
    return {
      status: 409,
      code: 'contact.opted_out',
      message: 'This contact opted out. Details and status are locked.',
    }
  if (isUnavailable(failure))
    return {
      status: 503,
      code: 'unavailable',
      message: 'The database does not answer. Nothing was changed. Try again in a moment.',
      retryAfter: 5,
    }
  const status = 'statusCode' in failure && typeof failure.statusCode === 'number' ? failure.statusCode : 500
  if (status >= 400 && status < 500)
    return { status, code: codeOf[status] ?? 'request.invalid', message: failure.message }
  return { status: 500, code: 'internal', message: 'Something failed on our side.' }
}

const codeOf: Record<number, string> = {
  404: 'request.not_found',
  413: 'request.too_large',
  415: 'request.content_type',
}

function ofDomain({ code, message, fields }: DomainError): Answer {
  const status = code in statusOf ? statusOf[code as ErrorCode] : 500
  const retryAfter =
    typeof fields === 'object' && fields !== null && 'retryAfterSeconds' in fields
      ? fields.retryAfterSeconds
      : undefined
  return {
    status,
    code,
    message,
    ...(fields === undefined ? {} : { fields }),
    ...(typeof retryAfter === 'number' ? { retryAfter } : {}),
  }
}

/** What the log gets of a failure: not the database's detail, which quotes people's data (SE-14). */
function describe(failure: Error) {
  const code = 'code' in failure ? String(failure.code) : undefined
  const cause = failure.cause instanceof Error ? failure.cause.message : undefined
  return { type: failure.name, code, problem: failure.message, cause, stack: failure.stack }
}

function sentence(fields: { path: string; message: string }[]): string {
  return fields
    .map(({ path, message }) => [path.slice(1).replaceAll('/', '.'), message].filter(Boolean).join(': '))
    .join(' ')
}
