import { useQuery } from '@tanstack/react-query'
import type { MailingSource } from '../../src/mailings/blocks.contract.ts'
import { sourcePreview, templates } from '../../src/mailings/kept.contract.ts'
import { get, post } from '../api.ts'

export const useTemplates = () => useQuery({ queryKey: ['templates'], queryFn: () => get('/templates', templates) })

/** A template as an invented contact would read it. */
export const useSourcePreview = (source: MailingSource) =>
  useQuery({
    queryKey: ['templates', 'preview', source],
    queryFn: () => post('/templates/preview', sourcePreview, { source }),
    staleTime: 60_000,
  })
