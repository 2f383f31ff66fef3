/** Who makes a request to the API, and for which account. */
export type Caller = {
  accountId: string
  /** The signed-in person, or null for an API key. */
  userId: string | null
  apiKeyId: string | null
  /** `read` may only look. */
  scope: 'read' | 'full'
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the guard on every /api/v1 route before the handler runs. */
    caller: Caller
  }
}
