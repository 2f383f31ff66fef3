import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { topic, topics } from '../../src/audience/topic.contract.ts'
import { get, post } from '../api.ts'
import { noticeDone, noticeFault } from '../ui/notice.tsx'

export const useTopics = (archived = false) =>
  useQuery({
    queryKey: ['topics', archived],
    queryFn: async () => (await get('/topics', topics, { archived })).items,
  })

const useFresh = () => {
  const client = useQueryClient()
  return () => client.invalidateQueries({ queryKey: ['topics'] })
}

export function useTopicOrder() {
  const fresh = useFresh()
  return useMutation({
    mutationFn: (ids: string[]) => post('/topics/order', topics, { ids }),
    onSuccess: fresh,
    onError: noticeFault,
  })
}

/** Archives or restores at once; the notification takes it back. */
export function useTopicArchive() {
  const fresh = useFresh()
  const act = async (id: string, to: 'archive' | 'restore') => {
    const moved = await post(`/topics/${id}/${to}`, topic)
    await fresh()
    return moved
  }
  return useMutation({
    mutationFn: ({ id, to }: { id: string; to: 'archive' | 'restore' }) => act(id, to),
    onSuccess: ({ name }, { id, to }) =>
      noticeDone(`${to === 'archive' ? 'Archived' : 'Restored'} ${name}.`, () =>
        act(id, to === 'archive' ? 'restore' : 'archive'),
      ),
    onError: noticeFault,
  })
}
