import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import {
  type DataRequest,
  dataRequest,
  dataRequestCounts,
  dataRequests,
} from '../../src/audience/data-request.contract.ts'
import { get, post } from '../api.ts'
import { noticeDone, noticeFault } from '../ui/notice.tsx'

export const requestWords: Record<DataRequest['kind'], string> = {
  copy: 'A copy of their data',
  erase: 'Erase their data',
}

export const useDataRequests = (settled: boolean, cursor: string | undefined) =>
  useQuery({
    queryKey: ['data-requests', 'list', settled, cursor],
    queryFn: () => get('/data-requests', dataRequests, { settled, cursor }),
    placeholderData: keepPreviousData,
  })

export const useOpenRequests = () =>
  useQuery({
    queryKey: ['data-requests', 'counts'],
    queryFn: async () => (await get('/data-requests/counts', dataRequestCounts)).open,
    refetchInterval: 60_000,
  })

/** Marks a request as answered; it cannot be opened again. */
export function useSettle() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: string) => post(`/data-requests/${id}/settle`, dataRequest),
    onSuccess: async () => {
      await Promise.all([
        client.invalidateQueries({ queryKey: ['data-requests'] }),
        client.invalidateQueries({ queryKey: ['contacts'] }),
      ])
      noticeDone('Marked as answered. It is in the timeline.')
    },
    onError: noticeFault,
  })
}
