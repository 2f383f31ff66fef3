// The smallest SMTP server that can be timed against; a process of its own. Says its port, counts messages.
import { createServer } from 'node:net'

const server = createServer((socket) => {
  let left = ''
  let inMessage = false
  socket.setNoDelay(true)
  socket.on('error', () => {})
  socket.write('220 sink\r\n')
  socket.on('data', (chunk) => {
    left += chunk.toString('latin1')
    for (;;) {
      const ending = inMessage ? '\r\n.\r\n' : '\r\n'
      const end = left.indexOf(ending)
      if (end < 0) return
      const line = left.slice(0, end)
      left = left.slice(end + ending.length)
      socket.write(inMessage ? '250 2.0.0 OK\r\n' : answerTo(line))
      inMessage = !inMessage && line === 'DATA'
    }
  })
})

function answerTo(line: string): string {
  if (line === 'DATA') return '354 go on\r\n'
  return line.startsWith('EHLO') ? '250-sink\r\n250 8BITMIME\r\n' : '250 2.0.0 OK\r\n'
}

server.listen(0, '127.0.0.1', () => process.send?.(server.address()))
