import { open } from 'node:fs/promises'
import { z } from 'zod'
import { contactExport, contactExports, exportsQuery, newExport } from '../audience/export.contract.ts'
import { cancelExport, findExport, listExports, startExport, takeExport } from '../audience/export.ts'
import type { Core } from '../platform/core.ts'
import { idText } from '../platform/page.contract.ts'
import type { Api } from './api.ts'

const one = z.object({ id: idText })
const file = {
  description: 'The file',
  content: {
    'text/csv': { schema: z.unknown() },
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': { schema: z.unknown() },
  },
}

export function exportRoutes(app: Api, core: Core) {
  const { db } = core

  app.get('/exports', { schema: { querystring: exportsQuery, response: { 200: contactExports } } }, (request) =>
    listExports(db, request.caller.accountId, request.query),
  )

  app.post('/exports', { schema: { body: newExport, response: { 202: contactExport } } }, async (request, reply) =>
    reply.code(202).send(await startExport(core, request.caller, request.body)),
  )

  app.get('/exports/:id', { schema: { params: one, response: { 200: contactExport } } }, (request) =>
    findExport(db, request.caller.accountId, request.params.id),
  )

  app.get('/exports/:id/file', { schema: { params: one, response: { 200: file } } }, async (request, reply) => {
    const { path, fileName } = await takeExport(core, request.caller, request.params.id)
    const opened = await open(path)
    const isCsv = fileName.endsWith('.csv')
    return reply
      .type(isCsv ? 'text/csv; charset=utf-8' : 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet')
      .header('content-disposition', `attachment; filename="${fileName}"`)
      .header('content-length', (await opened.stat()).size)
      .send(opened.createReadStream())
  })

  app.post('/exports/:id/cancel', { schema: { params: one, response: { 200: contactExport } } }, (request) =>
    cancelExport(db, request.caller, request.params.id),
  )
}
