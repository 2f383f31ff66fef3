import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { contactCounts } from '../../src/audience/contact.contract.ts'
import type { Group } from '../../src/audience/group.contract.ts'
import { optOutCheck } from '../../src/optouts/optout.contract.ts'
import { get, post } from '../api.ts'
import { counted } from '../ui/format.ts'

/** What the operator gives: the way, and what is needed for it. */
export type Way = 'paste' | 'file' | 'group' | 'segment' | 'domain' | 'hashes'
export type Given = { text: string; groupId: string; segmentId: string; domain: string; hashes: string; note: string }
export const nothingGiven: Given = { text: '', groupId: '', segmentId: '', domain: '', hashes: '', note: '' }

export type Line = { line: number; text: string }

/** Lines, and the addresses of a line that holds several; "sven@inbox,example" is one with a fault. */
export function linesOf(text: string): Line[] {
  return text.split(/\r\n|\r|\n/).flatMap((whole, index) => {
    const parts = whole.split('@').length > 2 ? whole.split(/[,;]/) : [whole]
    return parts.map((part) => ({ line: index + 1, text: part.trim() })).filter((part) => part.text !== '')
  })
}

/** The same numbers for every way. */
export type Outlook = {
  given: number
  contacts: number
  notContacts: number
  already: number
  duplicates: number
  waiting: number
  invalid: { line: number; text: string; problem: string; suggestion: string | null }[]
  rows: { line: number; text: string; state: string }[]
}

/** "2 addresses", "1 hash" or "40,000 contacts". */
export function howMany(way: Way, n: number): string {
  if (way === 'hashes') return counted(n, 'hash', 'hashes')
  return way === 'group' || way === 'segment' ? counted(n, 'contact') : counted(n, 'address', 'addresses')
}

const MOST = { paste: 10_000, hashes: 100_000 }

export const tooMany = (way: Way, given: Given) =>
  (way === 'paste' && linesOf(given.text).length > MOST.paste) ||
  (way === 'hashes' && linesOf(given.hashes).length > MOST.hashes)

/** What opting out would do, asked for anew whenever `given` has rested for a moment; null while nothing is given. */
export function useOutlook(way: Way, given: Given, groups: Group[] | undefined) {
  const asked = askedOf(way, given)
  const group = way === 'group' ? groups?.find(({ id }) => id === given.groupId) : undefined
  const query = useQuery({
    queryKey: ['optouts', 'check', way, asked],
    queryFn: () => outlookOf(way, given),
    enabled: asked !== '' && way !== 'group' && !tooMany(way, given),
    placeholderData: keepPreviousData,
    staleTime: 0,
    retry: false,
  })
  if (asked === '') return { data: null, error: null, isOld: false }
  if (way === 'group')
    return {
      data: group ? outlookOfCounts(group.counts.active + group.counts.error, group.counts.optOut) : null,
      error: null,
      isOld: false,
    }
  return { data: query.error ? null : (query.data ?? null), error: query.error, isOld: query.isPlaceholderData }
}

function askedOf(way: Way, given: Given): string {
  if (way === 'paste') return given.text.trim()
  if (way === 'hashes') return given.hashes.trim()
  if (way === 'domain') return given.domain.trim()
  if (way === 'group') return given.groupId
  return way === 'segment' ? given.segmentId : ''
}

async function outlookOf(way: Way, given: Given): Promise<Outlook> {
  if (way === 'segment') {
    const { active, error, optOut } = await get(`/segments/${given.segmentId}/counts`, contactCounts)
    return outlookOfCounts(active + error, optOut)
  }
  const lines = linesOf(way === 'hashes' ? given.hashes : given.text)
  const texts = lines.map(({ text }) => text)
  const question =
    way === 'domain' ? { domain: given.domain } : way === 'hashes' ? { hashes: texts } : { addresses: texts }
  const { alreadyOptedOut, rows, ...numbers } = await post('/opt-outs/check', optOutCheck, question)
  const lineOf = (index: number) => lines[index]?.line ?? 0
  return {
    ...numbers,
    already: alreadyOptedOut,
    rows: rows.map(({ index, text, state }) => ({ line: lineOf(index), text, state })),
    invalid: rows.flatMap(({ index, text, state, problem, suggestion }) =>
      state === 'invalid' ? [{ line: lineOf(index), text, problem: problem ?? '', suggestion }] : [],
    ),
  }
}

const outlookOfCounts = (contacts: number, already: number): Outlook => ({
  given: contacts + already,
  contacts,
  notContacts: 0,
  already,
  duplicates: 0,
  waiting: 0,
  invalid: [],
  rows: [],
})
