import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { form as formSchema, forms as formsSchema } from '../../src/audience/form.contract.ts'
import { get, post } from '../api.ts'
import { noticeDone, noticeFault } from '../ui/notice.tsx'

export const useForms = (archived = false) =>
  useQuery({
    queryKey: ['forms', 'list', archived],
    queryFn: async () => (await get('/forms', formsSchema, { limit: 500, archived })).items,
  })

/** Archives or restores at once; the notification takes it back. */
export function useFormArchive() {
  const client = useQueryClient()
  const act = async (id: string, to: 'archive' | 'restore') => {
    const moved = await post(`/forms/${id}/${to}`, formSchema)
    await client.invalidateQueries({ queryKey: ['forms'] })
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

/** Shows a form at the account's own sign-up address. */
export function useMakeDefault() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: string) => post(`/forms/${id}/default`, formSchema),
    onSuccess: async ({ name }) => {
      await client.invalidateQueries({ queryKey: ['forms'] })
      noticeDone(`${name} is the default form now.`)
    },
    onError: noticeFault,
  })
}
