import { expect, test } from 'vitest'
import { z } from 'zod'
import { everyCall } from '../../test/api-calls.ts'
import { startProgram } from '../../test/program.ts'

const operation = z.object({
  responses: z.record(z.string(), z.object({ description: z.string() })),
  parameters: z.array(z.object({ name: z.string(), in: z.string(), required: z.boolean().optional() })).optional(),
  requestBody: z.object({ content: z.record(z.string(), z.unknown()) }).optional(),
})
const description = z.object({
  openapi: z.string().startsWith('3.1.'),
  info: z.object({ title: z.string(), version: z.string() }),
  components: z.object({
    schemas: z.record(z.string(), z.unknown()),
    securitySchemes: z.record(z.string(), z.object({ type: z.string(), scheme: z.string() })),
  }),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  paths: z.record(z.string().startsWith('/api/v1/'), z.record(z.string(), operation)),
})

const program = await startProgram()
const response = await fetch(`${program.url}/api/openapi.json`)
const text = await response.text()
const described = description.parse(JSON.parse(text))

test('the API is described as OpenAPI 3.1 with a bearer key, for everybody', () => {
  expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  expect(described.components.securitySchemes).toEqual({ key: { type: 'http', scheme: 'bearer' } })
  expect(described.security).toEqual([{ key: [] }])
})

test('every reference in the description leads somewhere', () => {
  const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name)
  expect(references.length).toBeGreaterThan(0)
  for (const name of references) expect(Object.keys(described.components.schemas)).toContain(name)
})

test('every call says what it answers when it works and when it does not', () => {
  for (const [path, operations] of Object.entries(described.paths))
    for (const [method, { responses }] of Object.entries(operations)) {
      const codes = Object.keys(responses).join(' ')
      expect(codes, `${method} ${path}`).toMatch(/2\d\d/)
      expect(codes.toLowerCase(), `${method} ${path}`).toMatch(/4xx.*5xx/)
    }
})

test('every id in a path is described', () => {
  for (const [path, operations] of Object.entries(described.paths)) {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    for (const [method, { parameters = [] }] of Object.entries(operations)) {
      const inPath = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)
      expect(new Set(inPath), `${method} ${path}`).toEqual(new Set(names))
    }
  }
})

// What programs of others rely on; a call leaves this list only with a new version of the API.
const PROMISED = `
  GET /account, PATCH /account, GET /me, GET /setup, POST /owner, POST /session, DELETE /session,
  GET /api-keys, POST /api-keys, DELETE /api-keys/{id}, GET /jobs/{id}, POST /jobs/{id}/cancel,
  GET /groups, POST /groups, GET /groups/{id}, POST /groups/{id}/status,
  GET /contacts, POST /contacts, GET /contacts/{id}, PATCH /contacts/{id}, DELETE /contacts/{id},
  POST /contacts/{id}/status, POST /contacts/{id}/archive, POST /contacts/{id}/restore,
  POST /contacts/{id}/groups, DELETE /contacts/{id}/groups/{groupId}, GET /contacts/{id}/history,
  POST /imports, GET /imports/{id}, GET /imports/{id}/rows, GET /opt-outs, POST /opt-outs,
  POST /mailings, GET /mailings/{id}, PATCH /mailings/{id}, POST /mailings/{id}/check, POST /mailings/{id}/send,
  POST /mailings/{id}/pause, POST /mailings/{id}/resume, POST /mailings/{id}/cancel`

test('every promised call is described', async () => {
  const names = (await everyCall(program.url)).map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(PROMISED.split(',').map((name) => name.trim())))
})

test('an upload is described as a form with a file', () => {
  const upload = described.paths['/api/v1/imports']?.post?.requestBody
  expect(JSON.stringify(upload?.content['multipart/form-data'])).toContain('"file":{"type":"string","format":"binary"')
})

test('pages for people are not part of the description', () => {
  expect(Object.keys(described.paths).filter((path) => !path.startsWith('/api/v1/'))).toEqual([])
})
