import { z } from 'zod'
import { idText, time } from '../platform/page.contract.ts'
import { imagePath } from './blocks.contract.ts'

/** Bytes that a picture may have when it is uploaded. */
export const IMAGE_LIMIT = 10 * 1024 * 1024

export const image = z
  .object({
    id: idText,
    name: z.string(),
    /** Where everybody can see it, below BASE_URL. */
    path: imagePath,
    url: z.url(),
    width: z.int(),
    height: z.int(),
    bytes: z.int(),
    createdAt: time,
  })
  .meta({ id: 'Image' })
export type Image = z.infer<typeof image>
export const images = z.object({ items: z.array(image) })
