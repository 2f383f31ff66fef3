import { expect, test } from 'vitest'
import { startProgram } from '../../test/program.ts'
import { insertContacts, insertSendingMailing, statesOf, statusOf } from '../../test/sending.ts'
import { startSender } from '../delivery/sender.ts'

type Letter = { id: string; recipient: string; subject: string; at: string; mailingId: string }
type Open = Letter & { from: string; html: string; text: string; source: string; oneClickUrl: string }
type Page = { items: Letter[]; nextCursor: string | null }

const program = await startProgram({ jobs: false })
const { core, accountId, api } = program

async function send(count: number, prefix: string): Promise<string> {
  const mailingId = await insertSendingMailing(core, accountId, await insertContacts(core, accountId, count, prefix))
  const sender = startSender(core, program.process)
  await expect.poll(() => statusOf(core, accountId, mailingId), { timeout: 20_000 }).toMatchObject({ status: 'sent' })
  await sender.stop()
  return mailingId
}

test('without a mail server every message is in the mailbox as its recipient would see it, and its way out works', async () => {
  const mailingId = await send(3, 'letter')
  expect(await statesOf(core, accountId, mailingId)).toEqual({ accepted: 3 })
  const { body: list } = await api<Page>('GET', '/mailbox')
  expect(list.items.map(({ recipient }) => recipient).sort()).toEqual([1, 2, 3].map((n) => `letter${n}@post.example`))
  const [letter] = list.items
  const { body: open } = await api<Open>('GET', `/mailbox/${letter?.id}`)
  const name = `Ann ${/\d+/.exec(open.recipient)?.[0]}`
  expect(open).toMatchObject({ subject: `Hello ${name}`, mailingId, from: 'Fernmoor Garden <news@fernmoor.example>' })
  expect(open.html).toContain(`Good day, ${name}.`)
  expect(open.text).toContain(`Good day, ${name}.`)
  expect(open.source).toContain('\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n')
  const answer = await fetch(open.oneClickUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'List-Unsubscribe=One-Click',
  })
  expect(answer.status).toBe(200)
  const { body: optOuts } = await api<{ items: { status: string }[] }>('GET', `/mailbox?search=${open.recipient}`)
  expect(optOuts.items).toHaveLength(1)
  const again = await send(0, 'none')
  expect(await statesOf(core, accountId, again)).toEqual({})
})

test('the mailbox is paged, searched by address or subject, and closed to other accounts', async () => {
  await send(5, 'paged')
  const search = 'search=paged'
  const { body: first } = await api<Page>('GET', `/mailbox?${search}&limit=2`)
  const { body: second } = await api<Page>('GET', `/mailbox?${search}&limit=2&cursor=${first.nextCursor}`)
  const { body: third } = await api<Page>('GET', `/mailbox?${search}&limit=2&cursor=${second.nextCursor}`)
  const all = [first, second, third].flatMap(({ items }) => items.map(({ recipient }) => recipient))
  expect(new Set(all).size).toBe(5)
  expect(third.nextCursor).toBeNull()
  expect((await api<Page>('GET', '/mailbox?search=Paged3@Post.example')).body.items).toMatchObject([
    { recipient: 'paged3@post.example' },
  ])
  expect((await api<Page>('GET', '/mailbox?search=hello%20ann%204')).body.items.length).toBeGreaterThan(0)
  expect((await api<Page>('GET', '/mailbox?search=100%25')).body.items).toEqual([])
  const { apiKey } = await program.anotherAccount()
  expect((await api<Page>('GET', '/mailbox', undefined, apiKey)).body.items).toEqual([])
  expect(await api('GET', `/mailbox/${first.items[0]?.id}`, undefined, apiKey)).toMatchObject({
    status: 404,
    body: { code: 'letter.not_found' },
  })
})
