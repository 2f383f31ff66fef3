import { useQuery } from '@tanstack/react-query'
import { segments } from '../../src/audience/segment.contract.ts'
import { get } from '../api.ts'

export const useSegments = () =>
  useQuery({
    queryKey: ['segments', 'names'],
    queryFn: async () => (await get('/segments', segments, { limit: 500 })).items,
  })
