import type { MailingErrorCode } from '../mailings/errors.ts'
import { IMAGE_LIMIT, image, images } from '../mailings/image.contract.ts'
import { keepImage, listImages } from '../mailings/image.ts'
import type { Core } from '../platform/core.ts'
import { DomainError } from '../platform/errors.ts'
import type { Api } from './api.ts'

export function imageRoutes(app: Api, core: Core) {
  app.get('/images', { schema: { response: { 200: images } } }, async ({ caller }) => ({
    items: await listImages(core, caller.accountId),
  }))

  app.post(
    '/images',
    { schema: { consumes: ['multipart/form-data'], response: { 201: image } } },
    async (request, reply) => {
      const part = request.isMultipart() ? await request.file({ limits: { fileSize: IMAGE_LIMIT } }) : undefined
      if (!part)
        throw new DomainError<MailingErrorCode>('image.invalid', 'Send the picture as the part “file” of a form.')
      const content = await part.toBuffer().catch((error: unknown) => {
        throw new DomainError<MailingErrorCode>('image.too_large', 'A picture may have 10 MB at most.', {
          cause: error,
        })
      })
      return reply.code(201).send(await keepImage(core, request.caller, content, part.filename))
    },
  )
}
