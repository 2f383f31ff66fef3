// Shapes that every list and id in the API shares. Imports zod only: web/ loads this file.
import { z } from 'zod'

/** Ids are decimal numbers as text. */
export const idText = z.string().regex(/^[1-9]\d{0,17}$/, 'An id is a number.')

export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().max(500).optional(),
}

export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() })

export const time = z.iso.datetime()

export const failure = z
  .object({ code: z.string(), message: z.string(), fields: z.unknown().optional() })
  .meta({ id: 'Failure' })
