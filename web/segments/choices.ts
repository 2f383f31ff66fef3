import { useQuery } from '@tanstack/react-query'
import { audienceImports } from '../../src/audience/import.contract.ts'
import { mailings } from '../../src/mailings/mailing.contract.ts'
import { get } from '../api.ts'
import { useFields } from '../audience/contacts.ts'
import { useGroups } from '../audience/groups.ts'
import { useTopics } from '../audience/topics.ts'
import type { Names } from './words.ts'

type Choice = { value: string; label: string }

/** Everything that a condition can point to. */
export function useChoices() {
  const fields = useFields()
  const groups = useGroups()
  const topics = useTopics()
  const imports = useQuery({
    queryKey: ['imports', 'names'],
    queryFn: async () => (await get('/imports', audienceImports, { limit: 200 })).items,
  })
  const sent = useQuery({
    queryKey: ['mailings', 'names'],
    queryFn: async () => (await get('/mailings', mailings, { limit: 200 })).items,
  })
  const named = (list: { id: string; name: string }[] | undefined): Choice[] =>
    (list ?? []).map(({ id, name }) => ({ value: id, label: name }))
  const choices = {
    group: named(groups.data),
    topic: named(topics.data),
    import: (imports.data ?? [])
      .filter(({ status, options }) => status === 'done' && !options?.dryRun)
      .map(({ id, fileName }) => ({ value: id, label: fileName })),
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
