// Reads an import's file on a thread of its own: the opt-out page is answered by the main thread meanwhile.
import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import { DomainError } from '../platform/errors.ts'
import { type StagedBatch, type StageOrder, stageFile } from './import-stage.ts'

export type WorkerMessage =
  | { kind: 'batch'; batch: StagedBatch }
  | { kind: 'end' }
  | { kind: 'problem'; code: string; message: string }

/** How many batches may wait for the database. */
const AHEAD = 3

const order: StageOrder = { ...workerData, secret: Buffer.from(workerData.secret) }
const port = parentPort
if (!port) throw new Error('this file runs as a worker thread')

let ahead = 0
port.on('message', () => ahead--)

try {
  for await (const batch of stageFile(order)) {
    while (ahead >= AHEAD) await once(port, 'message')
    ahead++
    port.postMessage({ kind: 'batch', batch } satisfies WorkerMessage, [batch.copy.buffer])
  }
  port.postMessage({ kind: 'end' } satisfies WorkerMessage)
} catch (error) {
  if (!(error instanceof DomainError)) throw error
  port.postMessage({ kind: 'problem', code: error.code, message: error.message } satisfies WorkerMessage)
} finally {
  port.close()
}
