import { useQuery } from '@tanstack/react-query'
import { contactCounts } from '../../src/audience/contact.contract.ts'
import { segments } from '../../src/audience/segment.contract.ts'
import { get } from '../api.ts'

export const useSegments = () =>
  useQuery({
    queryKey: ['segments', 'names'],
    queryFn: async () => (await get('/segments', segments, { limit: 500 })).items,
  })

export const useSegmentCounts = (id: string) =>
  useQuery({
    queryKey: ['segments', 'counts', id],
    queryFn: () => get(`/segments/${id}/counts`, contactCounts),
    staleTime: 30_000,
  })
