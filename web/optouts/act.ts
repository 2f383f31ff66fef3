import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { optOutsResult, ruleResult } from '../../src/optouts/optout.contract.ts'
import { job } from '../../src/platform/job.contract.ts'
import { post } from '../api.ts'
import { useBulk } from '../audience/bulk.ts'
import { noteStarted, useGroups } from '../audience/groups.ts'
import { paths } from '../paths.ts'
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

/**
 * Opts out what was given. A group or a segment may be large, so the work only begins here: it is followed on the
 * group's page, or by BulkJobs, also after a reload.
 */
export function useOptOut() {
  const client = useQueryClient()
  const navigate = useNavigate()
  const groups = useGroups()
  const bulk = useBulk()
  return async (way: Way, given: Given, outlook: Outlook): Promise<Done | undefined> => {
    if (way === 'segment') {
      await bulk({ filter: { segmentId: given.segmentId, archived: false } }, { type: 'set_status', status: 'opt_out' })
      return
    }
    if (way === 'group') {
      const started = await post(`/groups/${given.groupId}/status`, job, { status: 'opt_out' })
      const group = groups.data?.find(({ id }) => id === given.groupId)
      if (group) noteStarted(client, group, started)
      await navigate({ to: paths.group(given.groupId) })
      return
    }
    const done = await carryOut(way, given)
    for (const key of ['optouts', 'contacts', 'groups', 'segments']) await client.invalidateQueries({ queryKey: [key] })
    return { way, newRules: 0, invalid: outlook.invalid.length, outlook, ...done }
  }
}

type Numbers = { optedOut: number; already: number; newRules?: number }

async function carryOut(way: 'paste' | 'domain' | 'hashes' | 'file', given: Given): Promise<Numbers> {
  const note = given.note.trim() ? { note: given.note } : {}
  if (way === 'domain' || way === 'hashes') {
    const hashes = linesOf(given.hashes).map(({ text }) => text)
    const body = way === 'domain' ? { domain: given.domain, ...note } : { hashes, ...note }
    const rule = await post(way === 'domain' ? '/opt-outs/domains' : '/opt-outs/hashes', ruleResult, body)
    return { optedOut: rule.optedOut, already: rule.alreadyOptedOut, newRules: rule.newRules }
  }
  const addresses = linesOf(given.text).map(({ text }) => text)
  const { optedOut, alreadyOptedOut } = await post('/opt-outs', optOutsResult, { addresses, ...note })
  return { optedOut, already: alreadyOptedOut }
}
