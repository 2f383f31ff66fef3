import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { optOutUrl, preferencesUrl, signLink } from '../src/optouts/link.ts'
import type { SampleContact } from '../test/sending.ts'
import type { World } from './world.ts'

const made = z.object({ id: z.string() })
const state = z.object({ status: z.string() })

/**
 * Prepares opt-outs of `contacts` by link, one click, preferences page, API, a group and a file, a sixth each.
 *
 * @returns what lets them leave, and gives when each of them was answered, in ns of the machine's monotonic clock
 */
export async function leaveByAllWays(world: World, contacts: SampleContact[]) {
  const ways = Array.from({ length: 6 }, (_, way) => contacts.filter((_contact, index) => index % 6 === way))
  const [link = [], oneClick = [], preferences = [], byApi = [], grouped = [], filed = []] = ways
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
    const tokenOf = ({ addressKey }: SampleContact) =>
      signLink(world.core.keys.link, { accountId: world.accountId, addressKey, mailingId })
    await Promise.all([
      inTurn(link, async (one) => {
        await post(optOutUrl(world.url, tokenOf(one)), '')
        note([one])
      }),
      inTurn(oneClick, async (one) => {
        await post(optOutUrl(world.url, tokenOf(one)), 'List-Unsubscribe=One-Click')
        note([one])
      }),
      inTurn(preferences, async (one) => {
        await post(preferencesUrl(world.url, tokenOf(one)), '')
        note([one])
      }),
      inTurn(byApi, async (one) => {
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

/** Some breath between them, so that they are spread over the sending. */
async function inTurn(some: SampleContact[], work: (one: SampleContact) => Promise<void>) {
  for (const one of some) {
    await work(one)
    await sleep(40)
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
