import { useQuery } from '@tanstack/react-query'
import { mailings } from '../../src/mailings/mailing.contract.ts'
import { get } from '../api.ts'
import { useFields } from '../audience/contacts.ts'
import { useGroups } from '../audience/groups.ts'
import { useImportNames } from '../audience/imports.ts'
import { useTopics } from '../audience/topics.ts'
import type { Names } from './words.ts'

type Choice = { value: string; label: string }

/** Everything that a condition can point to. */
export function useChoices() {
  const fields = useFields()
  const groups = useGroups()
  const topics = useTopics()
  const imports = useImportNames()
  const sent = useQuery({
    queryKey: ['mailings', 'names'],
    queryFn: async () => (await get('/mailings', mailings, { limit: 200 })).items,
  })
  const named = (list: { id: string; name: string }[] | undefined): Choice[] =>
    (list ?? []).map(({ id, name }) => ({ value: id, label: name }))
  const choices = {
    group: named(groups.data),
    topic: named(topics.data),
    import: imports.data ?? [],
    mailing: named(sent.data),
  }
  const names: Names = {
    of: (kind, id) => {
      if (kind === 'field') return fields.data?.items.find(({ name }) => name === id)?.label ?? id
      return choices[kind].find(({ value }) => value === id)?.label ?? '…'
    },
  }
  return { ...choices, fields: fields.data?.items ?? [], names }
}
export type Choices = ReturnType<typeof useChoices>
