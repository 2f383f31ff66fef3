// What sending is measured against: the same number of messages of the same size over other ways.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import nodemailer from 'nodemailer'
import { openSmtp } from '../src/delivery/smtp.ts'
import type { Smtp } from '../src/platform/relay.ts'

export type Sink = { port: number; stop: () => Promise<void> }

/** Postfix's smtp-sink, which takes everything and keeps nothing. */
export async function startSink(): Promise<Sink> {
  const port = await freePort()
  const asRoot = process.getuid?.() === 0 ? ['-u', 'postfix'] : []
  const child = spawn('smtp-sink', [...asRoot, `127.0.0.1:${port}`, '1000'], { stdio: ['ignore', 'ignore', 'inherit'] })
  await Promise.race([
    answers(port),
    once(child, 'exit').then(() => Promise.reject(new Error('smtp-sink ended at once'))),
    once(child, 'error').then(() => Promise.reject(new Error('smtp-sink is missing: install the package postfix'))),
  ])
  return { port, stop: () => ended(child) }
}

async function answers(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    const isThere = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isThere) return
    await sleep(50)
  }
}

/** A relay that takes its time: what it says reaches the sender `ms` later. */
export async function startDelay(sink: Sink, ms: number): Promise<Sink> {
  const server = createServer((near) => {
    const far = connect(sink.port, '127.0.0.1')
    near.pipe(far)
    far.on('data', (chunk) => void setTimeout(() => near.write(chunk), ms))
    far.on('end', () => void setTimeout(() => near.end(), ms))
    for (const socket of [near, far]) socket.on('error', () => near.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    stop: async () => {
      server.close()
    },
  }
}

/** Ready-made messages over our own connections, without check, record or rendering. */
export async function readyMade(smtp: Smtp, rows: number, connections: number, raw: Buffer): Promise<number> {
  const envelope = { from: 'news@fernmoor.example', to: 'ann@post.example' }
  let left = rows
  return timed(() =>
    inParallel(connections, async () => {
      const connection = await openSmtp(smtp)
      let before: Promise<unknown> = Promise.resolve()
      while (left-- > 0) {
        const delivered = connection.deliver(envelope, raw, async () => true)
        await before
        before = delivered
      }
      await before
      connection.quit()
    }),
  )
}

/** How others send: nodemailer's pool, each message composed by it. */
export async function withNodemailer(
  { port }: Sink,
  rows: number,
  connections: number,
  content: { html: string; text: string; dkimKey: string | null },
): Promise<number> {
  const transport = nodemailer.createTransport({
    host: '127.0.0.1',
    port,
    pool: true,
    maxConnections: connections,
    maxMessages: Number.POSITIVE_INFINITY,
    ignoreTLS: true,
    ...(content.dkimKey
      ? { dkim: { domainName: 'fernmoor.example', keySelector: 'lw1', privateKey: content.dkimKey } }
      : {}),
  })
  let left = rows
  const seconds = await timed(() =>
    inParallel(connections * 2, async () => {
      for (let n = left--; n > 0; n = left--)
        await transport.sendMail({
          from: 'Fernmoor <news@fernmoor.example>',
          to: `n${n}@post.example`,
          subject: `Hello Ann ${n}`,
          html: content.html.replaceAll('{{ contact.first_name }}', `Ann ${n}`),
          text: content.text.replaceAll('{{ contact.first_name }}', `Ann ${n}`),
        })
    }),
  )
  transport.close()
  return seconds
}

/** Postfix's smtp-source: the limit of the wire. */
export async function withSmtpSource({ port }: Sink, rows: number, connections: number, bytes: number) {
  return timed(async () => {
    const child = spawn(
      'smtp-source',
      ['-s', String(connections), '-m', String(rows), '-l', String(bytes), '-d', `127.0.0.1:${port}`],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    )
    await once(child, 'exit')
  })
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}

const inParallel = (count: number, work: () => Promise<void>) => Promise.all(Array.from({ length: count }, work))

async function ended(child: ChildProcess) {
  if (child.exitCode === null && child.kill()) await once(child, 'exit')
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
