// Mail servers for tests: a real one that records, and one that says what the test wants.
import { readFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import type { Smtp } from '../src/platform/relay.ts'

export type ReceivedMessage = {
  from: string
  to: string
  raw: Buffer
  /** performance.now() when MAIL FROM arrived. */
  mailAt: number
  secure: boolean
  /** Parameters of MAIL FROM, such as SMTPUTF8. */
  parameters: Record<string, unknown>
  user: string | null
}

export type MailServer = {
  port: number
  /** What SMTP_URL would say. */
  smtp: Smtp
  messages: ReceivedMessage[]
  /** Every recipient that was ever named, delivered or not. */
  named: string[]
  connections: () => number
  stop: () => Promise<void>
}

const plainSmtp = (port: number): Smtp => ({
  host: '127.0.0.1',
  port,
  implicitTls: false,
  plain: true,
  user: '',
  password: '',
  connections: 4,
})

/**
 * Starts a recording SMTP server on a free loopback port.
 *
 * @param keepRaw false drops the messages' bytes, for big runs
 * @param onMessage gets the number of messages so far; what it returns is awaited before the answer
 */
export async function startMailServer(
  options: SMTPServerOptions = {},
  { keepRaw = true, onMessage = (_count: number): void | Promise<void> => {} } = {},
): Promise<MailServer> {
  const messages: ReceivedMessage[] = []
  const named: string[] = []
  let connections = 0
  const mailAt = new Map<string, number>()
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: options.key ? [] : ['STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    onConnect(_session, done) {
      connections += 1
      done()
    },
    onMailFrom(_address, session, done) {
      mailAt.set(session.id, performance.now())
      done()
    },
    onRcptTo(address, _session, done) {
      named.push(address.address)
      done()
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => {
        if (keepRaw) chunks.push(chunk)
      })
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        messages.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo[0]?.address ?? '',
          raw: Buffer.concat(chunks),
          mailAt: mailAt.get(session.id) ?? 0,
          secure: Boolean(session.secure),
          parameters: { ...(mailFrom ? mailFrom.args : {}) },
          user: typeof session.user === 'string' ? session.user : null,
        })
        const held = onMessage(messages.length)
        if (held) void held.then(() => done())
        else done()
      })
    },
    ...options,
  })
  server.on('error', () => {}) // a client that breaks off is what some tests are about
  const port = await new Promise<number>((resolve, reject) => {
    server.server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.server.address()
      resolve(address && typeof address === 'object' ? address.port : 0)
    })
  })
  return {
    port,
    smtp: plainSmtp(port),
    messages,
    named,
    connections: () => connections,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** What the scripted server answers to a line of the client; null is silence, 'break' ends the connection. */
export type Reaction = string | null | undefined | Promise<string | null | undefined>

export type ScriptedServer = {
  smtp: Smtp
  /** Every line that clients sent, message lines included. */
  lines: string[]
  /** Commands that came before the command ahead of them was answered. */
  early: string[]
  stop: () => Promise<void>
}

/**
 * An SMTP server that answers as the test says and otherwise accepts.
 *
 * @param react gets each command, and '.' for the end of a message; undefined means the usual answer
 * @param extensions what EHLO offers
 */
export async function startScriptedServer(
  react: (line: string) => Reaction = () => undefined,
  extensions: string[] = ['PIPELINING', '8BITMIME'],
): Promise<ScriptedServer> {
  const lines: string[] = []
  const early: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    let left = ''
    let inMessage = false
    let unanswered = 0
    socket.write('220 scripted\r\n')
    async function answer(line: string) {
      if (inMessage && line !== '.') return
      const wanted = await react(line)
      if (wanted === 'break') return void socket.destroy()
      const reply = wanted === undefined ? usual(line, extensions) : wanted
      inMessage = line === 'DATA' && Boolean(reply?.startsWith('354'))
      if (reply !== null) socket.write(`${reply}\r\n`)
      unanswered -= 1
      if (line === 'QUIT') socket.end()
    }
    let turn = Promise.resolve()
    socket.on('data', (chunk) => {
      const parts = (left + chunk.toString('latin1')).split('\r\n')
      left = parts.pop() ?? ''
      for (const line of parts) {
        lines.push(line)
        if (unanswered > 0) early.push(line)
        if (!inMessage || line === '.') unanswered += 1
        turn = turn.then(() => answer(line))
      }
    })
  })
  const port = await new Promise<number>((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(address && typeof address === 'object' ? address.port : 0)
    }),
  )
  return {
    smtp: { ...plainSmtp(port), connections: 1 },
    lines,
    early,
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function usual(line: string, extensions: string[]): string {
  if (/^EHLO/i.test(line)) return ['250-scripted', ...extensions.map((name) => `250-${name}`), '250 OK'].join('\r\n')
  if (line === 'DATA') return '354 go on'
  if (line === 'QUIT') return '221 bye'
  return '250 2.0.0 OK'
}

const fixtures = new URL('./fixtures/tls/', import.meta.url)

/** A self-signed certificate for 127.0.0.1 and localhost: `ca` to whoever shall trust it. */
export function selfSigned(): { key: string; cert: string } {
  return {
    key: readFileSync(new URL('localhost.key.pem', fixtures), 'utf8'),
    cert: readFileSync(new URL('localhost.cert.pem', fixtures), 'utf8'),
  }
}

export const dkimKeyFile = new URL('dkim.key.pem', fixtures).pathname
