// A link in a mail outlives everything that it came from.
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import PostalMime from 'postal-mime'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { startMailServer } from '../smtp.ts'
import { countContacts, endOfMailing, groupNamed, importFile, sendTo, startJourney } from './journey.ts'

const ERASED = 'ines.halvorsen@post.example'
const STAYS = 'rosa.lindqvist@post.example'
const FILE = `Address;First name\n${ERASED};Ines\n${STAYS};Rosa\n`

const keyFile = z.object({ address: z.string(), link: z.array(z.unknown()), session: z.string() })

test('the link of an erased contact in a deleted mailing, signed with the previous key, opts out (D5, INV-12, INV-13)', {
  timeout: 240_000,
}, async () => {
  const mail = await startMailServer()
  const journey = await startJourney({ SMTP_URL: `smtp://127.0.0.1:${mail.port}?tls=none` })
  const { api } = journey
  await importFile(journey, FILE, { newGroups: ['Friends'] })
  const friends = await groupNamed(journey, 'Friends')
  const first = await sendTo(journey, friends.id, 'The garden opens')
  await endOfMailing(journey, first)
  const link = await linkIn(mail.messages, ERASED)

  const { body } = await api<{ items: { id: string; address: string }[] }>('GET', '/contacts?search=halvorsen')
  expect(await api('DELETE', `/contacts/${body.items[0]?.id}`)).toMatchObject({ status: 204 })
  expect(await api('DELETE', `/mailings/${first}`)).toMatchObject({ status: 204 })
  expect(await api('POST', `/groups/${friends.id}/archive`)).toMatchObject({ status: 200 })
  await journey.stop()
  addLinkKey(join(journey.dataDir, 'keys.json'))
  await journey.restart()
  expect(await countContacts(journey)).toBe(1)

  const shown = await fetch(link)
  expect(shown.status).toBe(200)
  const page = await shown.text()
  expect(page).toContain('Opt out of all mail from Fernmoor Garden?')
  expect(page).not.toContain('halvorsen')
  expect(await optOuts(journey)).toEqual([])
  const pressed = await fetch(link, { method: 'POST', body: new URLSearchParams(), redirect: 'manual' })
  expect([pressed.status, await pressed.text()]).toEqual([200, expect.stringContaining('You are opted out')])
  expect(await optOuts(journey)).toMatchObject([{ address: null, source: 'link', mailingId: first }])

  const again = await importFile(journey, FILE.replace('ines.halv', 'INES.Halv'), { newGroups: ['Friends again'] })
  expect(again.counts).toMatchObject({ rows: 2, added: 0, optedOut: 1, unchanged: 1 })
  expect(await countContacts(journey)).toBe(1)
  const before = mail.named.length
  const second = await sendTo(journey, (await groupNamed(journey, 'Friends again')).id, 'The garden closes')
  expect((await endOfMailing(journey, second)).counts).toMatchObject({ recipients: 1, accepted: 1 })
  expect(mail.named.slice(before)).toEqual([STAYS])

  const fresh = await linkIn(mail.messages.slice(-1), STAYS)
  expect(keyIdOf(link)).toBe(1)
  expect(keyIdOf(fresh)).toBe(2)
  await journey.stop()
  await mail.stop()
})

async function linkIn(messages: { to: string; raw: Buffer }[], address: string): Promise<string> {
  const raw = messages.find(({ to }) => to === address)?.raw
  if (!raw) throw new Error(`no message to ${address}`)
  const [, link] = /href="(http[^"]+\/o\/[^"]+)"/.exec((await PostalMime.parse(raw)).html ?? '') ?? []
  return link ?? ''
}

/** The way to change keys: a new one at the end signs from now on. */
function addLinkKey(path: string) {
  const keys = keyFile.parse(JSON.parse(readFileSync(path, 'utf8')))
  const link = [...keys.link, { id: 2, key: randomBytes(32).toString('base64url') }]
  writeFileSync(path, JSON.stringify({ ...keys, link }), { mode: 0o600 })
}

const keyIdOf = (link: string) => Buffer.from(new URL(link).pathname.slice('/o/'.length), 'base64url')[1]

async function optOuts({ api }: Awaited<ReturnType<typeof startJourney>>): Promise<unknown[]> {
  return (await api<{ items: unknown[] }>('GET', '/opt-outs')).body.items
}
