import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { z } from 'zod'
import type { BulkAct, bulkResult } from '../../src/audience/bulk.contract.ts'
import { contactCounts, type Selection } from '../../src/audience/contact.contract.ts'
import { job, jobs } from '../../src/platform/job.contract.ts'
import { get, post } from '../api.ts'

/** Jobs on contacts that are not finished, whoever started them. */
export const useOpenBulkJobs = () =>
  useQuery({
    queryKey: ['jobs', 'open', 'contacts'],
    queryFn: async () => (await get('/jobs', jobs, { open: true, subject: 'contacts' })).items,
    refetchInterval: (query) => ((query.state.data?.length ?? 0) > 0 ? 700 : 15_000),
  })

export type BulkResult = z.infer<typeof bulkResult>

/** What to say when an act is done, and how to take it back where it can be taken back. */
export type Ending = { words: (result: BulkResult) => string; undo?: () => Promise<unknown> }

/** How the acts end that were started here; those of another tab or operator are told in general words. */
const endings = new Map<string, Ending>()

export function takeEnding(jobId: string): Ending | undefined {
  const ending = endings.get(jobId)
  endings.delete(jobId)
  return ending
}

/** Starts an act on many contacts; its end is told by BulkJobs. */
export function useBulk() {
  const client = useQueryClient()
  return async (selection: Selection, act: BulkAct, ending?: Ending) => {
    const started = await post('/contacts/bulk', job, { selection, act })
    if (ending) endings.set(started.id, ending)
    client.setQueryData(['jobs', 'open', 'contacts'], (before: unknown) =>
      Array.isArray(before) ? [...before, started] : [started],
    )
    return started
  }
}

/** How many contacts are selected, by status, at the moment when a dialog opens. */
export const useExactCounts = (selection: Selection, opened: boolean) =>
  useQuery({
    queryKey: ['contacts', 'selection', selection],
    queryFn: () => post('/contacts/selection', contactCounts, { selection }),
    enabled: opened,
    staleTime: 0,
    gcTime: 0,
  })
