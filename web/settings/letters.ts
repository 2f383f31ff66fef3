import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { letters, openLetter } from '../../src/delivery/mailbox.contract.ts'
import { ApiFailure, get } from '../api.ts'

export const useLetters = (search: string) =>
  useInfiniteQuery({
    queryKey: ['letters', 'list', search],
    queryFn: ({ pageParam }) => get('/mailbox', letters, { search, cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    refetchInterval: 5_000,
  })

export const useLetter = (id: string) =>
  useQuery({ queryKey: ['letters', 'one', id], queryFn: () => get(`/mailbox/${id}`, openLetter) })

/** Posts what a mail program posts when its own opt-out button is pressed (RFC 8058 §3.2): no cookies, no more than this. */
export async function pressOneClick(url: string): Promise<void> {
  const answer = await fetch(new URL(url).pathname, {
    method: 'POST',
    credentials: 'omit',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'List-Unsubscribe=One-Click',
  })
  if (!answer.ok)
    throw new ApiFailure('one_click.failed', 'The opt-out was not recorded. Press it again.', answer.status)
}
