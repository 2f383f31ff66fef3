// The promise at full speed: two programs send to one sink while people opt out by link, one click, API, group and file.
// Nobody whose opt-out was answered may be in an SMTP transaction that began later, by the sink's clock (one for the
// whole machine). Twice: without and with opt-outs, so that the loss of speed is seen.
//   npm run --silent bench -- race --rows 100000 [--leaving 2000] [--connections 20]
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { insertContacts, insertSendingMailing, type SampleContact, statesOf, statusOf } from '../test/sending.ts'
import { leaveByAllWays } from './leave.ts'
import { openWorld, type World } from './world.ts'

const { values: given } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000' },
    leaving: { type: 'string', default: '2000' },
    connections: { type: 'string', default: '20' },
    sink: { type: 'boolean', default: false },
  },
})
const rows = Number(given.rows)
const leaving = Number(given.leaving)

/** When MAIL FROM and RCPT TO came for each address, in ns of the machine's monotonic clock. */
type Seen = { address: string; mailAt: bigint; rcptAt: bigint }

async function measure() {
  const world = await openWorld()
  const sink = fork(new URL(import.meta.url), ['--sink'], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  })
  try {
    const [listening] = await once(sink, 'message')
    const { port } = z.object({ port: z.int() }).parse(listening)
    const quiet = await race(world, sink, port, 0)
    const loud = await race(world, sink, port, leaving)
    const perSecond = [rows / quiet.seconds, loud.sent / loud.seconds] as const
    const figures = {
      seconds: loud.seconds,
      perSecond: perSecond[1],
      floorSeconds: quiet.seconds,
      ratio: perSecond[0] / perSecond[1],
    }
    const rounded = Object.fromEntries(Object.entries(figures).map(([key, value]) => [key, Number(value.toFixed(2))]))
    const { seconds: _, ...counts } = loud
    console.log(
      JSON.stringify({
        name: 'race',
        rows,
        ...rounded,
        ...counts,
        peakMB: Math.round(process.resourceUsage().maxRSS / 1024),
      }),
    )
    if (loud.violations > 0) process.exitCode = 1
  } finally {
    sink.kill()
    await world.close()
  }
}

let run = 0

async function race(world: World, sink: ChildProcess, port: number, many: number) {
  run += 1
  const contacts: SampleContact[] = []
  for (let start = 0; start < rows; start += 10_000)
    contacts.push(
      ...(await insertContacts(world.core, world.accountId, Math.min(10_000, rows - start), `r${run}-${start}-`)),
    )
  const leave = await leaveByAllWays(world, contacts, many)
  const mailingId = await insertSendingMailing(world.core, world.accountId, contacts)
  const began = performance.now()
  const workers = [
    world.startWorker(port, Number(given.connections)),
    world.startWorker(port, Number(given.connections)),
  ]
  const sending = finished(world, mailingId).then(() => (performance.now() - began) / 1000)
  const answeredAt = await leave(mailingId)
  const seconds = await sending
  for (const worker of workers) {
    worker.kill()
    await once(worker, 'exit')
  }
  sink.send('report')
  const [report] = await once(sink, 'message')
  const seen = new Map((report as Seen[]).map((one) => [one.address, one]))
  const late = (at: (one: Seen) => bigint) =>
    [...answeredAt].filter(([address, answered]) => {
      const one = seen.get(address)
      return one !== undefined && at(one) > answered
    }).length
  console.error(await statesOf(world.core, world.accountId, mailingId))
  return {
    seconds,
    sent: seen.size,
    twice: (report as Seen[]).length - seen.size,
    optOuts: answeredAt.size,
    spared: [...answeredAt.keys()].filter((address) => !seen.has(address)).length,
    violations: late(({ mailAt }) => mailAt),
    /** Whose transaction had begun before the answer, but who was named after it. */
    namedLater: late(({ rcptAt }) => rcptAt),
  }
}

async function finished({ core, accountId }: World, mailingId: string) {
  while ((await statusOf(core, accountId, mailingId)).status !== 'sent') await sleep(100)
}

/** Notes who is named when, and keeps nothing else. */
function listenAsSink() {
  let seen: Seen[] = []
  const server = createServer((socket) => {
    let left = ''
    let inMessage = false
    let mailAt = 0n
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.write('220 sink\r\n')
    socket.on('data', (chunk) => {
      left += chunk.toString('latin1')
      let answers = ''
      for (;;) {
        const ending = inMessage ? '\r\n.\r\n' : '\r\n'
        const end = left.indexOf(ending)
        if (end < 0) break
        const line = left.slice(0, end)
        left = left.slice(end + ending.length)
        if (!inMessage && line.startsWith('MAIL')) mailAt = process.hrtime.bigint()
        const address = inMessage ? undefined : /^RCPT TO:<(.*)>/.exec(line)?.[1]
        if (address) seen.push({ address, mailAt, rcptAt: process.hrtime.bigint() })
        answers += inMessage ? '250 2.0.0 OK\r\n' : answerTo(line)
        inMessage = !inMessage && line === 'DATA'
      }
      if (answers !== '') socket.write(answers)
    })
  })
  server.listen(0, '127.0.0.1', () => process.send?.(server.address()))
  process.on('message', () => {
    process.send?.(seen)
    seen = []
  })
}

function answerTo(line: string): string {
  if (line === 'DATA') return '354 go on\r\n'
  return line.startsWith('EHLO') ? '250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n' : '250 2.0.0 OK\r\n'
}

if (given.sink) listenAsSink()
else await measure()
