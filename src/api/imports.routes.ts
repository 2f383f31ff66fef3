import { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { AudienceErrorCode } from '../audience/errors.ts'
import {
  audienceImport,
  audienceImports,
  type ImportOptions,
  importOptions,
  importReading,
  importRows,
  importRowsFileQuery,
  importRowsQuery,
  importsQuery,
  importUndoResult,
} from '../audience/import.contract.ts'
import { cancelImport, readAgain, resumeImport, startImport, startUploaded, uploadImport } from '../audience/import.ts'
import { findImport, importRowsCsv, listImportRows, listImports } from '../audience/import-report.ts'
import { foreseeUndo, startUndo } from '../audience/import-undo.ts'
import { isInterruption } from '../audience/import-upload.ts'
import type { Core } from '../platform/core.ts'
import { DomainError } from '../platform/errors.ts'
import { job } from '../platform/job.contract.ts'
import { idText } from '../platform/page.contract.ts'
import type { Api } from './api.ts'
import { presentJob } from './job.ts'

const importParams = z.object({ id: idText })
const csvFile = { description: 'The rows', content: { 'text/csv': { schema: z.unknown() } } }

export function importRoutes(app: Api, core: Core) {
  const { db } = core

  app.get('/imports', { schema: { querystring: importsQuery, response: { 200: audienceImports } } }, (request) =>
    listImports(db, request.caller.accountId, request.query),
  )

  app.get('/imports/:id', { schema: { params: importParams, response: { 200: audienceImport } } }, (request) =>
    findImport(db, request.caller.accountId, request.params.id),
  )

  // File and options in one request: `file`, and `options` as JSON, in any order.
  app.post(
    '/imports',
    { schema: { consumes: ['multipart/form-data'], response: { 202: audienceImport } } },
    async (request, reply) => {
      const { importId, options } = await receive(core, request)
      await startUploaded(core, request.caller, importId, options ?? importOptions.parse({}))
      return reply.code(202).send(await findImport(db, request.caller.accountId, importId))
    },
  )

  // The file alone; its answer holds the columns for the operator to match.
  app.post(
    '/imports/uploads',
    { schema: { consumes: ['multipart/form-data'], response: { 201: audienceImport } } },
    async (request, reply) => {
      const { importId } = await receive(core, request)
      return reply.code(201).send(await findImport(db, request.caller.accountId, importId))
    },
  )

  // Reads the kept file in another way, when the first look at it was wrong.
  app.post(
    '/imports/:id/inspect',
    { schema: { params: importParams, body: importReading, response: { 200: audienceImport } } },
    async (request) => {
      await readAgain(core, request.caller.accountId, request.params.id, request.body)
      return findImport(db, request.caller.accountId, request.params.id)
    },
  )

  app.post(
    '/imports/:id/start',
    { schema: { params: importParams, body: importOptions, response: { 202: audienceImport } } },
    async (request, reply) => {
      await startImport(core, request.caller, request.params.id, request.body)
      return reply.code(202).send(await findImport(db, request.caller.accountId, request.params.id))
    },
  )

  app.post(
    '/imports/:id/check',
    { schema: { params: importParams, body: importOptions, response: { 202: audienceImport } } },
    async (request, reply) => {
      await startImport(core, request.caller, request.params.id, { ...request.body, dryRun: true })
      return reply.code(202).send(await findImport(db, request.caller.accountId, request.params.id))
    },
  )

  app.post(
    '/imports/:id/cancel',
    { schema: { params: importParams, response: { 200: audienceImport } } },
    async (request) => {
      await cancelImport(core, request.caller.accountId, request.params.id)
      return findImport(db, request.caller.accountId, request.params.id)
    },
  )

  // Goes on with an import that failed after rows were written.
  app.post(
    '/imports/:id/resume',
    { schema: { params: importParams, response: { 202: audienceImport } } },
    async (request, reply) => {
      await resumeImport(core, request.caller, request.params.id)
      return reply.code(202).send(await findImport(db, request.caller.accountId, request.params.id))
    },
  )

  // What undoing would do now, for the question before it.
  app.get('/imports/:id/undo', { schema: { params: importParams, response: { 200: importUndoResult } } }, (request) =>
    foreseeUndo(db, request.caller.accountId, request.params.id),
  )

  app.post('/imports/:id/undo', { schema: { params: importParams, response: { 202: job } } }, async (request, reply) =>
    reply.code(202).send(presentJob(await startUndo(core, request.caller, request.params.id))),
  )

  app.get(
    '/imports/:id/rows',
    { schema: { params: importParams, querystring: importRowsQuery, response: { 200: importRows } } },
    async (request) => {
      const { id } = await findImport(db, request.caller.accountId, request.params.id)
      return listImportRows(db, request.caller.accountId, id, request.query)
    },
  )

  app.get(
    '/imports/:id/rows.csv',
    { schema: { params: importParams, querystring: importRowsFileQuery, response: { 200: csvFile } } },
    async (request, reply) => {
      const { outcome, note } = request.query
      const { id } = await findImport(db, request.caller.accountId, request.params.id)
      const name = ['import', id, ...(outcome ? [outcome] : []), ...(note ? [note] : [])].join('-')
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="${name}.csv"`)
        .send(Readable.from(importRowsCsv(db, request.caller.accountId, id, request.query)))
    },
  )
}

/** Streams the parts of an upload: the file to disk, the options into memory. */
async function receive(
  core: Core,
  request: FastifyRequest,
): Promise<{ importId: string; options: ImportOptions | null }> {
  if (!request.isMultipart()) throw invalid('Send the file as multipart/form-data, in a part named “file”.')
  let importId: string | null = null
  let options: ImportOptions | null = null
  try {
    for await (const part of request.parts()) {
      if (part.type === 'file' && part.fieldname === 'file')
        importId = await uploadImport(core, request.caller, part.file, part.filename)
      else if (part.type === 'field' && part.fieldname === 'options') options = readOptions(part.value)
      else throw invalid(`There is a part “${part.fieldname.slice(0, 60)}”, which is neither “file” nor “options”.`)
    }
  } catch (error) {
    if (importId !== null) await cancelImport(core, request.caller.accountId, importId)
    if (!(error instanceof DomainError) && isInterruption(error))
      throw invalid('The form ends early, or its parts are not separated by the boundary that its header names.')
    throw error
  }
  if (importId === null) throw invalid('There is no file in the request. Send it in a part named “file”.')
  return { importId, options }
}

function readOptions(text: unknown): ImportOptions {
  try {
    return importOptions.parse(typeof text === 'string' ? JSON.parse(text) : text)
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid('The part “options” is not JSON.')
    throw error
  }
}

const invalid = (message: string) => new DomainError<AudienceErrorCode>('import.invalid', message)
