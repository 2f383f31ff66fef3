import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { optOutUrl, preferencesUrl, signLink } from '../src/optouts/link.ts'
import { rows, sql } from '../src/platform/database.ts'
import type { SampleContact } from '../test/sending.ts'
import type { World } from './world.ts'

const made = z.object({ id: z.string() })
const state = z.object({ status: z.string() })

/**
 * Prepares opt-outs of `many` people by link, one click, preferences page, API, a group and a file, a sixth each. Those of
 * the first four are chosen while the mailing is sent, shortly before their turn; those of group and file before.
 *
 * @returns what lets them leave, and gives when each of them was answered, in ns of the machine's monotonic clock
 */
export async function leaveByAllWays(world: World, contacts: SampleContact[], many: number) {
  const each = Math.floor(many / 6)
  const later = contacts.slice(Math.floor(contacts.length / 4)) // the job of a group and of a file takes a moment
  const step = Math.max(1, Math.floor(later.length / (2 * each || 1)))
  const picked = later.filter((_, index) => index % step === 0).slice(0, 2 * each)
  const grouped = picked.filter((_, index) => index % 2 === 0)
  const filed = picked.filter((_, index) => index % 2 === 1)
  const { id: groupId } = made.parse(await api(world, 'POST', '/groups', { name: `Leaving ${Math.random()}` }))
  if (grouped.length > 0)
    await api(world, 'POST', `/groups/${groupId}/members`, { contactIds: grouped.map(({ contactId }) => contactId) })

  return async (mailingId: string): Promise<Map<string, bigint>> => {
    const answered = new Map<string, bigint>()
    const note = (some: SampleContact[]) => {
      const at = process.hrtime.bigint()
      for (const { address } of some) answered.set(address, at)
    }
    const post = async (url: string, body: string) => {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body,
      })
      if (answer.status !== 200) throw new Error(`${url}: ${answer.status}`)
    }
    const next = soon(world, mailingId, contacts, new Set(picked))
    const inTurn = async (work: (one: SampleContact) => Promise<void>) => {
      for (let n = 0; n < each; n++) {
        const one = await next()
        if (!one) return
        await work(one)
        await sleep(PAUSE_MS)
      }
    }
    const tokenOf = ({ addressKey }: SampleContact) =>
      signLink(world.core.keys.link, { accountId: world.accountId, addressKey, mailingId })
    await Promise.all([
      inTurn(async (one) => {
        await post(optOutUrl(world.url, tokenOf(one)), '')
        note([one])
      }),
      inTurn(async (one) => {
        await post(optOutUrl(world.url, tokenOf(one)), 'List-Unsubscribe=One-Click')
        note([one])
      }),
      inTurn(async (one) => {
        await post(preferencesUrl(world.url, tokenOf(one)), '')
        note([one])
      }),
      inTurn(async (one) => {
        await api(world, 'POST', '/opt-outs', { addresses: [one.address] })
        note([one])
      }),
      grouped.length > 0 &&
        ended(world, '/jobs', () => api(world, 'POST', `/groups/${groupId}/status`, { status: 'opt_out' })).then(() =>
          note(grouped),
        ),
      filed.length > 0 && ended(world, '/imports', () => upload(world, filed)).then(() => note(filed)),
    ])
    return answered
  }
}

/** Between two opt-outs of one way, so that they are spread over the sending. */
const PAUSE_MS = 20

/** Gives people whose message waits, the next 400 or so of the mailing, each once. */
function soon({ core, accountId }: World, mailingId: string, contacts: SampleContact[], taken: Set<SampleContact>) {
  const byId = new Map(contacts.map((one) => [one.contactId, one]))
  let from = '0'
  return async (): Promise<SampleContact | undefined> => {
    const waiting = await rows(
      core.db,
      sql<{ message_id: string; contact_id: string }>`
      select message_id, contact_id from messages
      where account_id = ${accountId} and mailing_id = ${mailingId} and message_id > ${from} and is_open and state = 'queued'
      order by message_id limit 400`,
    )
    const people = waiting.flatMap(({ contact_id }) => byId.get(contact_id) ?? []).filter((one) => !taken.has(one))
    const one = people[Math.floor(Math.random() * people.length)]
    if (one) taken.add(one)
    from = waiting[0] ? String(Number(waiting[0].message_id) - 1) : from
    return one
  }
}

async function ended(world: World, path: string, start: () => Promise<unknown>) {
  await sleep(1000)
  const { id } = made.parse(await start())
  for (;;) {
    const { status } = state.parse(await api(world, 'GET', `${path}/${id}`))
    if (status === 'done') return
    if (status !== 'queued' && status !== 'running') throw new Error(`${path}/${id}: ${status}`)
    await sleep(50)
  }
}

function upload(world: World, some: SampleContact[]) {
  const form = new FormData()
  form.set('options', JSON.stringify({ asOptOuts: true }))
  form.set('file', new Blob([['Email', ...some.map(({ address }) => address), ''].join('\n')]), 'left.csv')
  return api(world, 'POST', '/imports', form)
}

async function api({ url, apiKey }: World, method: string, path: string, body?: unknown): Promise<unknown> {
  const form = body instanceof FormData
  const answer = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${apiKey}`,
      ...(body === undefined || form ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: form ? body : JSON.stringify(body) }),
  })
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
  return answer.json()
}
