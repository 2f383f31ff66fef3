// A name server of our own on loopback: TXT records by name, everything else does not exist.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** Texts of TXT records by lower-case name; 'broken' makes the server fail for that name. */
export type Zone = Record<string, string[] | 'broken'>

const TXT = 16

export async function startDns(zone: Zone) {
  const socket = createSocket('udp4')
  const asked: string[] = []
  socket.on('message', (query, from) => {
    const { name, end } = readName(query)
    asked.push(name)
    const found = zone[name]
    const texts = Array.isArray(found) && query.readUInt16BE(end) === TXT ? found : []
    const answer = Buffer.concat([query.subarray(0, end + 4), ...texts.map(record)])
    answer.writeUInt16BE(0x8180 | (found === 'broken' ? 2 : found ? 0 : 3), 2)
    answer.writeUInt16BE(texts.length, 6)
    answer.writeUInt32BE(0, 8)
    socket.send(answer, from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return { server: `127.0.0.1:${socket.address().port}`, asked, zone, stop: () => socket.close() }
}

function readName(query: Buffer): { name: string; end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += length + 1
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 }
}

function record(text: string): Buffer {
  const chunks = text.match(/.{1,255}/gs) ?? ['']
  const data = Buffer.concat(chunks.map((chunk) => Buffer.from([chunk.length, ...Buffer.from(chunk)])))
  const head = Buffer.from([0xc0, 0x0c, 0, TXT, 0, 1, 0, 0, 0, 60, 0, 0])
  head.writeUInt16BE(data.length, 10)
  return Buffer.concat([head, data])
}
