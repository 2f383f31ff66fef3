import { createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dkimVerify } from 'mailauth/lib/dkim/verify.js'
import PostalMime from 'postal-mime'
import { expect, test } from 'vitest'
import { startReturnsListener } from '../src/delivery/feedback/listener.ts'
import { startSender } from '../src/delivery/sender.ts'
import { openSmtp } from '../src/delivery/smtp.ts'
import type { Config } from '../src/platform/config.ts'
import { mayRunPostfix, startPostfix } from './postfix.ts'
import { startProgram } from './program.ts'
import { insertContacts, insertSendingMailing, statesOf, statusOf } from './sending.ts'
import { dkimKeyFile, selfSigned } from './smtp.ts'

test.skipIf(!mayRunPostfix)(
  'a mailing through Postfix: it arrives signed, its way out works, and what is refused becomes Error',
  { timeout: 90_000 },
  async () => {
    const program = await startProgram({ jobs: false })
    const { core, accountId, api } = program
    const postfix = await startPostfix({ rejected: ['fix2'] })
    try {
      const config: Partial<Config> = {
        smtp: postfix.smtp,
        dkim: { domain: 'fernmoor.example', selector: 'lw1', keyFile: dkimKeyFile },
      }
      const contacts = await insertContacts(core, accountId, 25, 'fix')
      const mailingId = await insertSendingMailing(core, accountId, contacts)
      const sender = startSender({ ...core, config: { ...core.config, ...config } }, program.process)
      await expect
        .poll(() => statusOf(core, accountId, mailingId), { timeout: 30_000 })
        .toMatchObject({ status: 'sent' })
      await sender.stop()
      expect(await statesOf(core, accountId, mailingId)).toEqual({ accepted: 24, bounced: 1 })
      await expect.poll(() => postfix.messages().length, { timeout: 30_000 }).toBe(24)

      const [raw = Buffer.alloc(0)] = postfix.messagesTo('fix7@post.example')
      await expectSigned(raw)
      const mail = await PostalMime.parse(raw)
      expect(mail.subject).toBe('Hello Ann 7')
      const header = (name: string) => mail.headers.filter(({ key }) => key === name).map(({ value }) => value)
      expect(header('list-unsubscribe-post')).toEqual(['List-Unsubscribe=One-Click'])
      const [way = ''] = header('list-unsubscribe')
      const [, url = ''] = /<([^>]+)>/.exec(way) ?? []
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'List-Unsubscribe=One-Click',
      })
      expect(answer.status).toBe(200)
      const { body: optOuts } = await api<{ items: { address: string; source: string; mailingId: string }[] }>(
        'GET',
        '/opt-outs',
      )
      expect(optOuts.items).toMatchObject([{ address: 'fix7@post.example', source: 'one_click', mailingId }])
      expect(await statesOf(core, accountId, await insertSendingMailing(core, accountId, contacts))).toEqual({
        queued: 23,
      })
    } finally {
      await postfix.stop()
    }
  },
)

test.skipIf(!mayRunPostfix)(
  'Postfix takes a mailing and sends its bounces to our listener: the dead address is Error, the full mailbox is counted',
  { timeout: 90_000 },
  async () => {
    const domain = 'returns.fernmoor.example'
    const program = await startProgram({ jobs: false, config: { returnsDomain: domain } })
    const { core, accountId } = program
    const listener = await startReturnsListener(core, { host: '127.0.0.1', port: 0, lmtp: false })
    const lines = [
      '/^gone1@/ error:5.1.1 user unknown',
      '/^gone2@/ error:5.2.2 mailbox full',
      `/@${domain.replaceAll('.', '\\.')}$/ smtp:[127.0.0.1]:${listener.port}`,
    ]
    const postfix = await startPostfix({ routes: { lines, domains: [domain] } })
    try {
      const mailingId = await insertSendingMailing(core, accountId, await insertContacts(core, accountId, 3, 'gone'))
      const sender = startSender({ ...core, config: { ...core.config, smtp: postfix.smtp } }, program.process)
      const bounced = () => statesOf(core, accountId, mailingId)
      await expect.poll(bounced, { timeout: 40_000, message: postfix.log() }).toEqual({ accepted: 1, bounced: 2 })
      await sender.stop()
      const { body } = await program.api<{ items: { address: string; status: string }[] }>('GET', '/contacts')
      const statuses = body.items.map(({ address, status }) => `${address} ${status}`)
      expect(statuses.sort()).toEqual([
        'gone1@post.example error',
        'gone2@post.example active',
        'gone3@post.example active',
      ])
    } finally {
      await postfix.stop()
      await listener.stop()
    }
  },
)

test.skipIf(!mayRunPostfix)(
  'Postfix is reached with STARTTLS too, and only with a certificate that is known',
  { timeout: 60_000 },
  async () => {
    const postfix = await startPostfix()
    try {
      const smtp = { ...postfix.smtp, plain: false }
      await expect(openSmtp(smtp)).rejects.toThrow(/self-signed/)
      const connection = await openSmtp(smtp, { tls: { ca: selfSigned().cert } })
      const envelope = { from: 'news@fernmoor.example', to: 'jörg@post.example' }
      const outcome = await connection.deliver(
        envelope,
        Buffer.from('Subject: Hello\r\n\r\nGood day\r\n'),
        async () => true,
      )
      connection.quit()
      expect(outcome).toMatchObject({ kind: 'accepted', answer: expect.stringContaining('queued as') })
      await expect.poll(() => postfix.messages().length, { timeout: 20_000 }).toBe(1)
    } finally {
      await postfix.stop()
    }
  },
)

async function expectSigned(raw: Buffer) {
  const key = createPublicKey(readFileSync(dkimKeyFile)).export({ type: 'spki', format: 'der' }).toString('base64')
  const { results } = await dkimVerify(raw, { resolver: async () => [[`v=DKIM1; k=rsa; p=${key}`]] })
  expect(results.map(({ status }) => status.result)).toEqual(['pass'])
}
