import { useQueryClient } from '@tanstack/react-query'
import { bulkOptOutResult } from '../../src/audience/bulk.contract.ts'
import { optOutsResult, ruleResult } from '../../src/optouts/optout.contract.ts'
import { job } from '../../src/platform/job.contract.ts'
import { get, post } from '../api.ts'
import { type Given, linesOf, type Outlook, type Way } from './question.ts'

/** What was done, in the numbers of the server. */
export type Done = {
  way: Way
  optedOut: number
  already: number
  /** Domains or hashes that are kept for whoever comes later. */
  newRules: number
  invalid: number
  outlook: Outlook
}

/** Opts out what was given; comes back when it is in effect. */
export function useOptOut() {
  const client = useQueryClient()
  return async (way: Way, given: Given, outlook: Outlook): Promise<Done> => {
    const done = await carryOut(way, given)
    for (const key of ['optouts', 'contacts', 'groups', 'segments']) await client.invalidateQueries({ queryKey: [key] })
    return { way, newRules: 0, invalid: outlook.invalid.length, outlook, ...done }
  }
}

async function carryOut(way: Way, given: Given): Promise<{ optedOut: number; already: number; newRules?: number }> {
  const note = given.note.trim() ? { note: given.note } : {}
  if (way === 'paste') {
    const addresses = linesOf(given.text).map(({ text }) => text)
    const { optedOut, alreadyOptedOut } = await post('/opt-outs', optOutsResult, { addresses, ...note })
    return { optedOut, already: alreadyOptedOut }
  }
  if (way === 'domain' || way === 'hashes') {
    const hashes = linesOf(given.hashes).map(({ text }) => text)
    const body = way === 'domain' ? { domain: given.domain, ...note } : { hashes, ...note }
    const rule = await post(way === 'domain' ? '/opt-outs/domains' : '/opt-outs/hashes', ruleResult, body)
    return { optedOut: rule.optedOut, already: rule.alreadyOptedOut, newRules: rule.newRules }
  }
  const started =
    way === 'group'
      ? await post(`/groups/${given.groupId}/status`, job, { status: 'opt_out' })
      : await post('/contacts/bulk', job, {
          selection: { filter: { segmentId: given.segmentId } },
          act: { type: 'set_status', status: 'opt_out' },
        })
  const { optedOut, alreadyOptedOut } = await resultOf(started.id)
  return { optedOut, already: alreadyOptedOut }
}

async function resultOf(jobId: string) {
  for (;;) {
    const now = await get(`/jobs/${jobId}`, job)
    if (now.status === 'done') return bulkOptOutResult.parse(now.result)
    if (now.status === 'failed' || now.status === 'cancelled')
      throw new Error(`${now.problem ?? 'It was stopped.'} Nobody was opted out.`)
    await new Promise((resolve) => setTimeout(resolve, 400))
  }
}
