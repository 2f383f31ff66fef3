import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FieldType, field, fieldList, fieldUse } from '../../src/audience/field.contract.ts'
import { get, post } from '../api.ts'
import { noticeDone, noticeFault } from '../ui/notice.tsx'

export const fieldTypes: Record<FieldType, string> = {
  short: 'Short text',
  long: 'Long text',
  number: 'Number',
  date: 'Date',
  one_of: 'One of several options',
  several_of: 'Several of many options',
  yes_no: 'Yes or no',
}

/** What stands for a field's value in a mailing. */
export const mergePoint = (of: { mergePoint: string }) => `{{ ${of.mergePoint} }}`

export const useFieldList = (archived: boolean) =>
  useQuery({
    queryKey: ['fields', archived ? 'archived' : 'open'],
    queryFn: async () => (await get('/fields', fieldList, { archived })).items,
  })

/** Reads every contact, so only when somebody wants to know. */
export const useFieldUse = (id: string, enabled: boolean) =>
  useQuery({ queryKey: ['fields', 'use', id], queryFn: () => get(`/fields/${id}/use`, fieldUse), enabled })

const useFresh = () => {
  const client = useQueryClient()
  return () => client.invalidateQueries({ queryKey: ['fields'] })
}

export function useFieldOrder() {
  const fresh = useFresh()
  return useMutation({
    mutationFn: (ids: string[]) => post('/fields/order', fieldList, { ids }),
    onSuccess: fresh,
    onError: noticeFault,
  })
}

/** Archives or restores at once; the notification takes it back. */
export function useFieldArchive() {
  const fresh = useFresh()
  const act = async (id: string, to: 'archive' | 'restore') => {
    const moved = await post(`/fields/${id}/${to}`, field)
    await fresh()
    return moved
  }
  return useMutation({
    mutationFn: ({ id, to }: { id: string; to: 'archive' | 'restore' }) => act(id, to),
    onSuccess: ({ label }, { id, to }) =>
      noticeDone(`${to === 'archive' ? 'Archived' : 'Restored'} ${label}.`, () =>
        act(id, to === 'archive' ? 'restore' : 'archive'),
      ),
    onError: noticeFault,
  })
}
