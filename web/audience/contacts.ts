import { keepPreviousData, useQuery } from '@tanstack/react-query'
import {
  type Contact,
  contact,
  contactCounts,
  contactHistory,
  contacts,
} from '../../src/audience/contact.contract.ts'
import { fieldList } from '../../src/audience/field.contract.ts'
import type { ContactStatus } from '../../src/audience/group.contract.ts'
import { get } from '../api.ts'

export const perPage = 50

export type ContactFilter = {
  search?: string | undefined
  status?: ContactStatus | undefined
  groupId?: string | undefined
  archived?: boolean | undefined
}

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
  useQuery({ queryKey: ['contacts', 'one', id], queryFn: () => get(`/contacts/${id}`, contact) })

export const useHistory = (id: string) =>
  useQuery({
    queryKey: ['contacts', 'history', id],
    queryFn: () => get(`/contacts/${id}/history`, contactHistory),
  })

export const useFields = () =>
  useQuery({ queryKey: ['fields'], queryFn: () => get('/fields', fieldList), staleTime: 30_000 })

/** The name as far as it is known; never made up. */
export const nameOf = (one: Contact) => [one.fields['first_name'], one.fields['last_name']].filter(Boolean).join(' ')
