import type { Socket } from 'node:net'

/** What a server answered: its code, and all lines of its words. */
export type Reply = { code: number; text: string }

type Waiting = { resolve: (reply: Reply) => void; reject: (error: Error) => void }

/** A reply that never ends must not fill the memory. */
const LONGEST_REPLY = 64 * 1024

/**
 * The dialogue on a socket that is connected, secured and signed in: commands go out, replies come back in their order
 * (RFC 5321 §4.2; RFC 2920).
 */
export class Wire {
  private readonly socket: Socket
  private waiting: Waiting[] = []
  private left = ''
  private lines: string[] = []
  private failure: Error | null = null

  /** @param timeoutMs how long a reply may take */
  constructor(socket: Socket, timeoutMs: number) {
    this.socket = socket
    socket.setNoDelay(true)
    socket.setTimeout(timeoutMs)
    socket.on('data', (chunk) => this.read(chunk.toString('latin1')))
    socket.on('error', (error) => this.fail(error))
    socket.on('timeout', () => this.waiting.length > 0 && this.fail(new Error('the server does not answer')))
    socket.on('end', () => this.fail(new Error('the connection ended')))
    socket.on('close', () => this.fail(new Error('the connection ended')))
  }

  isOpen(): boolean {
    return this.failure === null && !this.socket.destroyed
  }

  /**
   * Sends a command, or a finished message; gives the reply to it. What is asked before the next turn of the event loop
   * leaves together.
   *
   * @throws Error when the connection ended before the reply
   */
  ask(line: string | Buffer): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.failure) return reject(this.failure)
      this.waiting.push({ resolve, reject })
      this.socket.cork()
      this.socket.write(line)
      process.nextTick(() => this.socket.uncork())
    })
  }

  /** Ends the connection politely. */
  quit() {
    if (!this.isOpen()) return
    this.socket.end('QUIT\r\n')
    this.ended(new Error('the connection was left'))
    setTimeout(() => this.socket.destroy(), 1000).unref()
  }

  /** Breaks the connection at once. */
  close() {
    this.fail(new Error('the connection was closed'))
  }

  private read(text: string) {
    let from = 0
    const all = this.left === '' ? text : this.left + text
    for (let end = all.indexOf('\n'); end >= 0; end = all.indexOf('\n', from)) {
      this.hear(all.slice(from, all[end - 1] === '\r' ? end - 1 : end))
      from = end + 1
    }
    this.left = all.slice(from)
    if (this.left.length > LONGEST_REPLY) this.fail(new Error('the reply of the server is too long'))
  }

  private hear(line: string) {
    if (!/^[2-5]\d\d(?:[ -]|$)/.test(line)) return this.fail(new Error(`this is no reply: ${line.slice(0, 200)}`))
    this.lines.push(line)
    if (line[3] === '-') {
      if (this.lines.length > 500) this.fail(new Error('the reply of the server is too long'))
      return
    }
    const text = readable(this.lines.join('\n'))
    this.lines = []
    const next = this.waiting.shift()
    if (next) next.resolve({ code: Number(line.slice(0, 3)), text })
    else this.fail(new Error(text)) // 421 out of the blue is how servers say goodbye
  }

  private fail(error: Error) {
    this.ended(error)
    this.socket.destroy()
  }

  private ended(error: Error) {
    this.failure ??= error
    for (const { reject } of this.waiting.splice(0)) reject(this.failure)
  }
}

/** Servers write UTF-8 where they write letters outside ASCII at all. */
const readable = (text: string) => (/^[ -~\n]*$/.test(text) ? text : Buffer.from(text, 'latin1').toString('utf8'))
