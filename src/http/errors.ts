import type { FastifyInstance } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { ZodError } from 'zod'
import type { AccountErrorCode } from '../accounts/errors.ts'
import type { AudienceErrorCode } from '../audience/errors.ts'
import type { MailingErrorCode } from '../mailings/errors.ts'
import { DomainError, isLocked, isUnavailable } from '../platform/errors.ts'

type ErrorCode = AccountErrorCode | AudienceErrorCode | MailingErrorCode

// The only place that pairs failures with HTTP. A new code fails to compile until it is listed.
const statusOf: Record<ErrorCode, number> = {
  'request.not_signed_in': 401,
  'request.forbidden': 403,
  'request.foreign_origin': 403,
  'session.wrong_credentials': 401,
  'session.too_many_attempts': 429,
  'owner.link_used': 409,
  'account.invalid': 400,
  'account.not_found': 404,
  'api_key.not_found': 404,
  'contact.opted_out': 409,
  'contact.exists': 409,
  'contact.invalid_address': 400,
  'contact.not_found': 404,
  'field.unknown': 400,
  'field.exists': 409,
  'group.exists': 409,
  'group.not_found': 404,
  'group.busy': 409,
  'job.not_found': 404,
  'import.not_found': 404,
  'import.unreadable': 400,
  'import.too_large': 413,
  'import.invalid': 400,
  'import.not_possible': 409,
  'mailing.not_found': 404,
  'mailing.not_sendable': 409,
  'mailing.not_possible': 409,
  'mailing.invalid': 400,
  'letter.not_found': 404,
}

/** Answers every failure as {code, message, fields?}; nothing else ever leaves (SE-16). */
export function mapErrors(app: FastifyInstance) {
  app.setErrorHandler((error, request, reply) => {
    const failure = error instanceof Error ? error : new Error(String(error))
    if (hasZodFastifySchemaValidationErrors(failure)) {
      const fields = failure.validation.map((issue) => ({
        path: issue.instancePath,
        message: issue.message ?? 'is not possible',
      }))
      return reply.code(400).send({ code: 'request.invalid', message: sentence(fields), fields })
    }
    if (failure instanceof ZodError)
      return reply.code(400).send({
        code: 'request.invalid',
        message: 'The request has a value that is not possible.',
        fields: failure.issues,
      })
    if (failure instanceof DomainError)
      return reply.code(failure.code in statusOf ? statusOf[failure.code as ErrorCode] : 500).send({
        code: failure.code,
        message: failure.message,
        ...(failure.fields === undefined ? {} : { fields: failure.fields }),
      })
    if (isLocked(failure))
      return reply
        .code(409)
        .send({ code: 'contact.opted_out', message: 'This contact opted out. Details and status are locked.' })
    if (isUnavailable(failure)) {
      request.log.error({ err: failure }, 'the database does not answer')
      return reply.code(503).header('retry-after', '5').send({
        code: 'unavailable',
        message: 'The database does not answer. Nothing was changed. Try again in a moment.',
      })
    }
    const status = 'statusCode' in failure && typeof failure.statusCode === 'number' ? failure.statusCode : 500
    if (status < 500) return reply.code(status).send({ code: 'request.invalid', message: failure.message })
    request.log.error({ err: failure }, 'request failed')
    return reply.code(500).send({
      code: 'internal',
      message: `Something failed on our side. Nothing was changed by it. Incident ${request.id}.`,
    })
  })
}

function sentence(fields: { path: string; message: string }[]): string {
  return fields
    .map(({ path, message }) => [path.slice(1).replaceAll('/', '.'), message].filter(Boolean).join(': '))
    .join(' ')
}
