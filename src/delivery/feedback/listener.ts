import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server'
import type { Core } from '../../platform/core.ts'
import { LARGEST } from './mime.ts'
import { type ArrivedMail, inboxOf, receiveMail } from './receive.ts'

export type ReturnsListener = {
  /** The port that it listens on, which is a free one when 0 was asked for. */
  port: number
  /** Takes no more mail and ends what is in flight. */
  stop: () => Promise<void>
}

/** More than this is answered with 421, so that mail systems come back later. */
const MOST_CONNECTIONS = 50
const MOST_RECIPIENTS = 20
const IDLE_MS = 60_000
const CLOSE_MS = 3000

/**
 * Takes mail for the return, complaint and opt-out addresses by SMTP or LMTP, until `stop`.
 *
 * 250 only after the commit, 451 when the database is away, 550 for addresses that are not ours, 552 beyond 10 MB.
 * It sends nothing, ever (BN-17), and relays nothing.
 * @throws Error when it cannot listen
 */
export async function startReturnsListener(
  core: Core,
  settings: { host: string; port: number; lmtp: boolean },
): Promise<ReturnsListener> {
  const server = new SMTPServer({
    name: core.config.returnsDomain,
    banner: 'returns',
    lmtp: settings.lmtp,
    size: LARGEST,
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    maxClients: MOST_CONNECTIONS,
    socketTimeout: IDLE_MS,
    closeTimeout: CLOSE_MS,
    logger: false,
    onRcptTo({ address }, session, done) {
      if (session.envelope.rcptTo.length >= MOST_RECIPIENTS) return done(refusal(452, 'too many recipients'))
      done(inboxOf(core, address) ? null : refusal(550, '5.1.1 no such address here'))
    },
    onData(stream, session, done) {
      void take(core, stream, session).then(
        () => done(null, 'taken'),
        (error: unknown) => done(asRefusal(core, error)),
      )
    },
  })
  server.on('error', (err) => core.log.debug({ err }, 'a connection for returned mail broke'))
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject)
    server.listen(settings.port, settings.host, resolve)
  })
  const address = server.server.address()
  return {
    port: typeof address === 'object' && address ? address.port : settings.port,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** Reads a mail to its end and gives it its effect for each of its recipients. */
async function take(core: Core, stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk))
    size += bytes.length
    if (size <= LARGEST) chunks.push(bytes) // the rest is read and dropped, so that the answer is heard
  }
  if (size > LARGEST) throw refusal(552, '5.3.4 this is more than 10 MB')
  const { mailFrom, rcptTo } = session.envelope
  const mail: Omit<ArrivedMail, 'to'> = { from: mailFrom === false ? '' : mailFrom.address, raw: Buffer.concat(chunks) }
  for (const { address } of rcptTo) {
    const became = await receiveMail(core, { ...mail, to: address })
    core.log.info({ became, size }, 'returned mail')
  }
}

class Refusal extends Error {
  readonly responseCode: number
  constructor(code: number, words: string) {
    super(words)
    this.responseCode = code
  }
}

const refusal = (code: number, words: string) => new Refusal(code, words)

/** Whatever went wrong here may be right later; only what the mail itself is too big for is final. */
function asRefusal(core: Core, error: unknown): Refusal {
  if (error instanceof Refusal) return error
  core.log.error({ err: error }, 'a returned mail was not taken; it will come again')
  return refusal(451, '4.3.0 try again later')
}
