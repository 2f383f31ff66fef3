import { type QueryClient, useQuery } from '@tanstack/react-query'
import { type Group, group, groups } from '../../src/audience/group.contract.ts'
import { type Job, job, jobs } from '../../src/platform/job.contract.ts'
import { get } from '../api.ts'

/** Every group of the account, page after page; the menus need their names. */
async function allGroups(archived: boolean): Promise<Group[]> {
  const found: Group[] = []
  let cursor: string | undefined
  do {
    const page = await get('/groups', groups, { archived, limit: 500, cursor })
    found.push(...page.items)
    cursor = page.nextCursor ?? undefined
  } while (cursor)
  return found.sort((one, other) => one.name.localeCompare(other.name, 'en-GB'))
}

export const useGroups = (archived = false) =>
  useQuery({ queryKey: ['groups', 'list', archived], queryFn: () => allGroups(archived) })

export const useGroup = (id: string) =>
  useQuery({
    queryKey: ['groups', 'one', id],
    queryFn: () => get(`/groups/${id}`, group),
    refetchInterval: (query) => (query.state.data?.job ? 1000 : 15_000),
  })

/** Reads a job again and again until it has ended. */
export const useJob = (id: string | undefined) =>
  useQuery({
    queryKey: ['jobs', id],
    queryFn: () => get(`/jobs/${id}`, job),
    enabled: id !== undefined,
    refetchInterval: (query) => (isOpen(query.state.data?.status) ? 500 : false),
  })

/** The newest job on a group when it ended within the last hour: its result is there after a reload too. */
export const useLastJob = (groupId: string) =>
  useQuery({
    queryKey: ['jobs', 'last', groupId],
    queryFn: async () => {
      const { items } = await get('/jobs', jobs, { subject: `group:${groupId}`, limit: 1 })
      const [last] = items
      return last?.finishedAt && Date.parse(last.finishedAt) > Date.now() - 3_600_000 ? last : null
    },
  })

/** Shows a job that was just started on its group without waiting for the next look. */
export function noteStarted(client: QueryClient, group: Group, started: Job) {
  client.setQueryData(['jobs', started.id], started)
  client.setQueryData(['groups', 'one', group.id], { ...group, job: started })
}

export const isOpen = (status: string | undefined) =>
  status === undefined || status === 'queued' || status === 'running'

export const sizeOf = ({ counts }: Group) => counts.active + counts.error + counts.optOut
