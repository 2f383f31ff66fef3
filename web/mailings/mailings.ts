import { keepPreviousData, useQuery } from '@tanstack/react-query'
import {
  type Mailing,
  mailing,
  mailingCheck,
  mailingPreview,
  mailings,
  timeZoneCounts,
} from '../../src/mailings/mailing.contract.ts'
import { get, post } from '../api.ts'
import { count, percent } from '../ui/format.ts'
import { reasonOf } from './progressWords.ts'

export const perPage = 50

const isMoving = (one: Mailing | undefined) => one?.status === 'sending' || one?.status === 'scheduled'

export const useMailings = (cursor: string | undefined) =>
  useQuery({
    queryKey: ['mailings', 'list', cursor],
    queryFn: () => get('/mailings', mailings, { cursor, limit: perPage }),
    placeholderData: keepPreviousData,
    refetchInterval: (query) => (query.state.data?.items.some(isMoving) ? 2_000 : false),
  })

export const useMailing = (id: string) =>
  useQuery({
    queryKey: ['mailings', 'one', id],
    queryFn: () => get(`/mailings/${id}`, mailing),
    refetchInterval: (query) => (isMoving(query.state.data) ? 1_000 : false),
  })

/** Asked anew each time: it looks at the mailing, its groups and the account as they are now. */
export const useCheck = (id: string) =>
  useQuery({
    queryKey: ['mailings', 'check', id],
    queryFn: () => post(`/mailings/${id}/check`, mailingCheck),
    staleTime: 0,
    gcTime: 0,
  })

/** Asked when people are to get it at their own time. */
export const useTimeZones = (id: string, isAsked: boolean) =>
  useQuery({
    queryKey: ['mailings', 'time-zones', id],
    queryFn: () => get(`/mailings/${id}/time-zones`, timeZoneCounts),
    enabled: isAsked,
    staleTime: 0,
  })

export const usePreview = (id: string, version: string, contactId?: string) =>
  useQuery({
    queryKey: ['mailings', 'preview', id, version, contactId],
    queryFn: () => get(`/mailings/${id}/preview`, mailingPreview, { contactId }),
    placeholderData: keepPreviousData,
    retry: false,
  })

/** Messages that will not move any more. */
export function settled({ counts }: Mailing): number {
  return counts.recipients - counts.queued - counts.deferred
}

/** "Sending, 57%", "Sent", "Paused: 5.2% blocked". */
export function stateOf(one: Mailing): string {
  if (one.status === 'sending') return `Sending, ${percent(settled(one), one.counts.recipients)}`
  if (one.status === 'paused' && one.pauseReason) return `Paused: ${reasonOf(one).short}`
  return words[one.status]
}

const words = {
  draft: 'Draft',
  scheduled: 'Scheduled',
  sending: 'Sending',
  paused: 'Paused',
  sent: 'Sent',
  cancelled: 'Cancelled',
}

export const recipients = (one: Mailing) =>
  one.status === 'draft' || one.status === 'scheduled' ? '–' : count(one.counts.recipients)
