import { z } from 'zod'
import { getAccount } from '../accounts/account.ts'
import {
  keptBlock,
  keptBlocks,
  newKeptBlock,
  newTemplate,
  previewOfSource,
  sourcePreview,
  template,
  templates,
} from '../mailings/kept.contract.ts'
import { forgetKept, keepBlock, keepTemplate, listBlocks, listTemplates } from '../mailings/kept.ts'
import { previewMailingSource } from '../mailings/preview.ts'
import { loadRenderer } from '../mailings/render.ts'
import { starters } from '../mailings/starters.ts'
import type { Core } from '../platform/core.ts'
import { idText } from '../platform/page.contract.ts'
import { type Api, LARGE_BODY } from './api.ts'

const params = z.object({ id: idText })
const gone = { params, response: { 204: z.null() } }

export function templateRoutes(app: Api, core: Core) {
  const { db } = core

  app.get('/templates', { schema: { response: { 200: templates } } }, async ({ caller }) => {
    void loadRenderer().catch(() => undefined) // who looks at templates begins a mailing next
    return { items: await listTemplates(db, caller.accountId), starters }
  })

  app.post(
    '/templates',
    { bodyLimit: LARGE_BODY, schema: { body: newTemplate, response: { 201: template } } },
    async ({ caller, body }, reply) => reply.code(201).send(await keepTemplate(db, caller, body.name, body.source)),
  )

  app.delete('/templates/:id', { schema: gone }, async ({ caller, params: { id } }, reply) => {
    await forgetKept(db, caller.accountId, 'template', id)
    return reply.code(204).send(null)
  })

  // Changes nothing: a POST because what is shown is in its body.
  app.post(
    '/templates/preview',
    { bodyLimit: LARGE_BODY, schema: { body: previewOfSource, response: { 200: sourcePreview } } },
    async ({ caller, body }) => previewMailingSource(core, await getAccount(db, caller.accountId), body.source),
  )

  app.get('/saved-blocks', { schema: { response: { 200: keptBlocks } } }, async ({ caller }) => ({
    items: await listBlocks(db, caller.accountId),
  }))

  app.post(
    '/saved-blocks',
    { bodyLimit: LARGE_BODY, schema: { body: newKeptBlock, response: { 201: keptBlock } } },
    async ({ caller, body }, reply) => reply.code(201).send(await keepBlock(db, caller, body.name, body.block)),
  )

  app.delete('/saved-blocks/:id', { schema: gone }, async ({ caller, params: { id } }, reply) => {
    await forgetKept(db, caller.accountId, 'block', id)
    return reply.code(204).send(null)
  })
}
