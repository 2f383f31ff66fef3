import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'

/** The server as /api/v1 routes see it: zod schemas check requests and shape answers. */
export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>

/**
 * Bytes that a call may take whose body holds whole mails or many addresses, instead of the 1 MB of the others: as much
 * as their schemas let through when most characters are ASCII.
 */
export const LARGE_BODY = 16 * 1024 * 1024
