import type { Core } from '../platform/core.ts'

/** Calls `onMessages` whenever a mailing of any process gets new messages; polling goes on beside it. */
export function listenForMessages({ pool, log }: Core, onMessages: () => void): { stop: () => Promise<void> } {
  let stopped = false
  let release = () => {}
  let retry: NodeJS.Timeout | undefined

  async function listen() {
    if (stopped) return
    try {
      const client = await pool.connect()
      let released = false
      release = () => {
        if (released) return
        released = true
        client.removeAllListeners('notification')
        client.release(true) // a connection that listens goes back to nobody
      }
      client.on('notification', onMessages)
      client.once('error', again)
      await client.query('listen messages')
      if (stopped) release()
      onMessages()
    } catch (error) {
      log.debug({ err: error }, 'not listening for messages')
      again()
    }
  }

  function again() {
    release()
    if (!stopped) retry = setTimeout(restart, 1000).unref()
  }

  function restart() {
    running = listen()
  }

  let running = listen()

  return {
    stop: async () => {
      stopped = true
      clearTimeout(retry)
      await running
      release()
    },
  }
}
