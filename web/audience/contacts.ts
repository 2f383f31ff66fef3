import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { z } from 'zod'
import {
  type Contact,
  contactCounts,
  contactHistory,
  type contactSort,
  type contactSource,
  contacts,
  type ContactFilter as Filter,
} from '../../src/audience/contact.contract.ts'
import { fullContact } from '../../src/audience/contact-full.contract.ts'
import { fieldList } from '../../src/audience/field.contract.ts'
import { get } from '../api.ts'

export const perPage = 50

export const sourceNames: Record<z.infer<typeof contactSource>, string> = {
  operator: 'Added by hand',
  api: 'API',
  import: 'Import',
  form: 'Sign-up form',
}

/** What narrows a list, as a query; conditions go by POST. */
export type ContactFilter = Partial<Omit<Filter, 'condition'>> & { sort?: z.infer<typeof contactSort> }

export const useContacts = (filter: ContactFilter, cursor: string | undefined) =>
  useQuery({
    queryKey: ['contacts', 'list', filter, cursor],
    queryFn: () => get('/contacts', contacts, { ...filter, cursor, limit: perPage }),
    placeholderData: keepPreviousData,
  })

export const useContactCounts = (filter: ContactFilter) =>
  useQuery({
    queryKey: ['contacts', 'counts', filter],
    queryFn: () => get('/contacts/counts', contactCounts, filter),
    placeholderData: keepPreviousData,
  })

export const useContact = (id: string) =>
  useQuery({ queryKey: ['contacts', 'one', id], queryFn: () => get(`/contacts/${id}`, fullContact) })

export const useHistory = (id: string) =>
  useQuery({
    queryKey: ['contacts', 'history', id],
    queryFn: () => get(`/contacts/${id}/history`, contactHistory),
  })

export const useFields = () =>
  useQuery({ queryKey: ['fields'], queryFn: () => get('/fields', fieldList), staleTime: 30_000 })

/** The name as far as it is known; never made up. */
export const nameOf = (one: Contact) => [one.fields['first_name'], one.fields['last_name']].filter(Boolean).join(' ')
