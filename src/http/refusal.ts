/** A request that the server itself cannot take; http/errors.ts answers it with `statusCode`. */
export type Refusal = Error & { statusCode: number }

export const refuse = (statusCode: number, message: string): Refusal =>
  Object.assign(new Error(message), { statusCode })
