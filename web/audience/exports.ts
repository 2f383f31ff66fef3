import { useQuery } from '@tanstack/react-query'
import { type ContactExport, contactExport, contactExports } from '../../src/audience/export.contract.ts'
import { get } from '../api.ts'

export const isMaking = ({ status }: ContactExport) => status === 'queued' || status === 'running'
const PACE_MS = 1000

/** One export, looked at again while it is made. */
export const useExport = (id: string | null) =>
  useQuery({
    queryKey: ['exports', 'one', id],
    queryFn: () => get(`/exports/${id}`, contactExport),
    enabled: id !== null,
    refetchInterval: ({ state }) => (state.data && isMaking(state.data) ? PACE_MS : false),
  })

export const useExports = (cursor: string | undefined) =>
  useQuery({
    queryKey: ['exports', 'list', cursor],
    queryFn: () => get('/exports', contactExports, { cursor }),
    refetchInterval: ({ state }) => (state.data?.items.some(isMaking) ? PACE_MS : false),
  })
