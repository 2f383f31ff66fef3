import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { failure } from '../platform/page.contract.ts'

const UPLOAD = {
  type: 'object',
  required: ['file'],
  properties: {
    file: { type: 'string', format: 'binary' },
    options: { type: 'string', description: 'JSON, where the call takes options' },
  },
}

/** Describes /api/v1 at /api/openapi.json (OpenAPI 3.1), from the schemas that check requests. */
export async function openApi(app: FastifyInstance) {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Last Word',
        version: '1',
        description: 'Email marketing in which an opt-out always holds. Ids are strings, times are ISO 8601 in UTC.',
        license: { name: 'AGPL-3.0-or-later', identifier: 'AGPL-3.0-or-later' },
      },
      components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
      security: [{ key: [] }],
    },
    transform: (route) => {
      if (!route.url.startsWith('/api/v1/')) return { schema: { ...route.schema, hide: true }, url: route.url }
      const described = jsonSchemaTransform(route)
      if (!route.schema?.consumes?.includes('multipart/form-data')) return described
      return { ...described, schema: { ...described.schema, body: UPLOAD } } // streamed, so no schema checks it
    },
    transformObject: jsonSchemaTransformObject,
  })
  app.addHook('onRoute', ({ url, schema }) => {
    if (!url.startsWith('/api/v1/') || !schema) return
    const responses = schema.response && typeof schema.response === 'object' ? schema.response : {}
    schema.response = { ...responses, '4xx': failure, '5xx': failure }
  })
  app.get('/api/openapi.json', { schema: { hide: true } }, async () => app.swagger())
}
