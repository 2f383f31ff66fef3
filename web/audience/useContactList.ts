import { useLocation, useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback } from 'react'
import { z } from 'zod'
import { contactStatus } from '../../src/audience/group.contract.ts'

declare module '@tanstack/react-router' {
  interface HistoryState {
    /** Cursors of the pages before this one, so that Previous can go back there after a reload too. */
    trail?: string[]
  }
}

const searchSchema = z.object({
  search: z.string().catch(''),
  status: contactStatus.optional().catch(undefined),
  cursor: z.string().optional().catch(undefined),
  page: z.coerce.number().int().min(1).catch(1),
})
type ListSearch = z.infer<typeof searchSchema>

/** What a contact list shows lives in the address, so back and reload keep it. */
export function useContactList() {
  const now = searchSchema.parse(useSearch({ strict: false }))
  const trail = useLocation().state.trail ?? []
  const navigate = useNavigate()
  const change = useCallback(
    (next: Partial<ListSearch>) =>
      void navigate({
        to: '.',
        replace: true,
        resetScroll: false,
        search: (before: Record<string, unknown>) => ({ ...before, cursor: undefined, page: undefined, ...next }),
      }),
    [navigate],
  )
  const turn = (cursor: string, page: number, passed: string[]) =>
    void navigate({
      to: '.',
      search: (before: Record<string, unknown>) => ({ ...before, cursor, page: page === 1 ? '' : page }),
      state: { trail: passed },
    })
  return {
    ...now,
    setSearch: useCallback((search: string) => change({ search }), [change]),
    setStatus: (status: ListSearch['status']) => change({ status }),
    clear: useCallback(() => change({ search: '', status: undefined }), [change]),
    next: (cursor: string) => turn(cursor, now.page + 1, [...trail, now.cursor ?? '']),
    /** Opened from a bookmark the pages before are not known: then it is the first. */
    previous: () =>
      trail.length === now.page - 1 ? turn(trail.at(-1) ?? '', now.page - 1, trail.slice(0, -1)) : turn('', 1, []),
  }
}
