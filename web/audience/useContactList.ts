import { useLocation, useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback } from 'react'
import { z } from 'zod'
import { contactSort, contactSource } from '../../src/audience/contact.contract.ts'
import { contactStatus } from '../../src/audience/group.contract.ts'

declare module '@tanstack/react-router' {
  interface HistoryState {
    /** Cursors of the pages before this one, so that Previous can go back there after a reload too. */
    trail?: string[]
  }
}

const id = z.string().regex(/^\d+$/).optional().catch(undefined)
const day = z.iso.date().optional().catch(undefined)

/** What narrows a list of contacts beside search and status; each is a chip. */
const chipsSchema = z.object({
  group: id,
  segment: id,
  topic: id,
  import: id,
  source: contactSource.optional().catch(undefined),
  since: day,
  before: day,
})
export type Chips = z.infer<typeof chipsSchema>
export type ChipName = keyof Chips

const searchSchema = z.object({
  ...chipsSchema.shape,
  search: z.string().catch(''),
  status: contactStatus.optional().catch(undefined),
  sort: contactSort.catch('newest'),
  cursor: z.string().optional().catch(undefined),
  page: z.coerce.number().int().min(1).catch(1),
})
type ListSearch = z.infer<typeof searchSchema>

const noChips = Object.fromEntries(Object.keys(chipsSchema.shape).map((name) => [name, undefined]))

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
    chips: chipsSchema.parse(now),
    setSearch: useCallback((search: string) => change({ search }), [change]),
    setStatus: (status: ListSearch['status']) => change({ status }),
    setSort: (sort: ListSearch['sort']) => change({ sort }),
    setChip: (chip: Partial<Chips>) => change(chip),
    clear: useCallback(() => change({ search: '', status: undefined, ...noChips }), [change]),
    next: (cursor: string) => turn(cursor, now.page + 1, [...trail, now.cursor ?? '']),
    /** Opened from a bookmark the pages before are not known: then it is the first. */
    previous: () =>
      trail.length === now.page - 1 ? turn(trail.at(-1) ?? '', now.page - 1, trail.slice(0, -1)) : turn('', 1, []),
  }
}
