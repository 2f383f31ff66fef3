import { useQuery, useQueryClient } from '@tanstack/react-query'
import { z } from 'zod'
import { groups } from '../../src/audience/group.contract.ts'
import { segments } from '../../src/audience/segment.contract.ts'
import { anything, get, post } from '../api.ts'
import { noticeDone, noticeFault } from '../ui/notice.tsx'

export type Kind = 'contacts' | 'groups' | 'segments' | 'fields'
export type Archived = { id: string; name: string; archivedAt: string | null }

const fields = z.object({
  items: z.array(z.object({ id: z.string(), label: z.string(), archivedAt: z.string().nullish() })),
})

/** What is in the archive besides contacts, all of it, by name. */
async function archivedOf(kind: Kind): Promise<Archived[]> {
  if (kind === 'fields') {
    const { items } = await get('/fields', fields, { archived: true })
    return items.flatMap(({ id, label, archivedAt }) => (archivedAt ? [{ id, name: label, archivedAt }] : []))
  }
  const found: Archived[] = []
  for (let cursor: string | undefined, more = true; more; ) {
    const asked = { archived: true, limit: 500, cursor }
    const page = kind === 'groups' ? await get('/groups', groups, asked) : await get('/segments', segments, asked)
    found.push(...page.items)
    cursor = page.nextCursor ?? undefined
    more = cursor !== undefined
  }
  return found.sort((one, other) => one.name.localeCompare(other.name, 'en-GB'))
}

export const useArchived = (kind: Kind) =>
  useQuery({ queryKey: [kind, 'archive'], queryFn: () => archivedOf(kind), enabled: kind !== 'contacts' })

/** Restores at once; it can be undone. */
export function useRestore(kind: Kind) {
  const client = useQueryClient()
  const set = async (id: string, act: 'restore' | 'archive') => {
    await post(`/${kind}/${id}/${act}`, anything)
    await client.invalidateQueries({ queryKey: [kind] })
  }
  return async (id: string, name: string) => {
    try {
      await set(id, 'restore')
      noticeDone(`Restored ${name}.`, () => set(id, 'archive'))
    } catch (error) {
      noticeFault(error)
    }
  }
}
