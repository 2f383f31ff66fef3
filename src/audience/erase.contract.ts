import { z } from 'zod'

const addresses = z.array(z.string().max(1000)).min(1).max(100_000)
export const eraseRequest = z.strictObject({ addresses })
/** `count` is the number that the operator confirmed; when it is another by now, nothing is erased. */
export const eraseOrder = z.strictObject({ addresses, count: z.int().min(1) })
export const eraseCheck = z
  .object({
    contacts: z.int(),
    /** Of them; their opt-outs stay. */
    optedOut: z.int(),
    /** Addresses that no contact has, and lines that are no address. */
    notFound: z.int(),
  })
  .meta({ id: 'EraseCheck' })
export type EraseCheck = z.infer<typeof eraseCheck>
