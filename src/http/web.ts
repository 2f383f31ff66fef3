import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

const built = fileURLToPath(new URL('../../dist/web/', import.meta.url))

/** Serves the operators' web application, built by Vite; every address of its own is its index.html. */
export async function webApplication(app: FastifyInstance, root = built) {
  await app.register(fastifyStatic, {
    root,
    index: 'index.html',
    cacheControl: false,
    setHeaders: (reply, path) => {
      // Vite puts a hash of the content into the name of every asset.
      const hashed = path.startsWith(`${root}assets/`)
      reply.header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
  app.setNotFoundHandler((request, reply) => {
    if (isPageOfApplication(request)) {
      if (existsSync(join(root, 'index.html'))) return reply.sendFile('index.html', root, { cacheControl: false })
      return reply.code(503).type('text/plain').send('The pages are not built. Run: npm run build\n')
    }
    return notFound(request, reply)
  })
}

function isPageOfApplication({ method, url, headers }: FastifyRequest): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  if (/^\/(api|emma|assets|healthz|[opsvcim])(\/|$|\?)/.test(url)) return false
  return (headers.accept ?? '').includes('text/html')
}

function notFound({ method, url }: FastifyRequest, reply: FastifyReply) {
  const [path = ''] = url.split('?', 1)
  return reply
    .code(404)
    .send({ code: 'request.not_found', message: `There is no ${method} ${path.slice(0, 200)} here.` })
}
