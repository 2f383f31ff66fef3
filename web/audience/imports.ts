import { useQuery } from '@tanstack/react-query'
import type { z } from 'zod'
import {
  type AudienceImport,
  audienceImport,
  audienceImports,
  importOptions,
} from '../../src/audience/import.contract.ts'
import { get } from '../api.ts'
import type { ImportStepPath } from '../paths.ts'

export const isUnderWay = ({ status }: AudienceImport) => status === 'queued' || status === 'running'

const isMoving = (one: AudienceImport) =>
  isUnderWay(one) || one.undo?.status === 'queued' || one.undo?.status === 'running'

export const useImports = (cursor: string | undefined) =>
  useQuery({
    queryKey: ['imports', 'list', cursor],
    queryFn: () => get('/imports', audienceImports, { cursor, limit: 50 }),
    refetchInterval: (query) => (query.state.data?.items.some(isUnderWay) ? 2000 : false),
  })

/** Imports that contacts can have come with, to choose from. */
export const useImportNames = () =>
  useQuery({
    queryKey: ['imports', 'names'],
    queryFn: async () => {
      const { items } = await get('/imports', audienceImports, { limit: 200 })
      return items
        .filter(({ status, options }) => status === 'done' && !options?.dryRun)
        .map(({ id, fileName }) => ({ value: id, label: fileName }))
    },
  })

export const useImport = (id: string) =>
  useQuery({
    queryKey: ['imports', 'one', id],
    queryFn: () => get(`/imports/${id}`, audienceImport),
    refetchInterval: (query) => (query.state.data && isMoving(query.state.data) ? 500 : false),
  })

/** The step that an import stands at. */
export function stepOf(one: AudienceImport): ImportStepPath {
  if (one.status === 'uploaded') return 'columns'
  if (one.options?.dryRun && one.status !== 'failed' && one.status !== 'cancelled') return 'check'
  return isUnderWay(one) ? 'progress' : 'result'
}

/** What the steps have asked so far; the server gets it with the check and with the start. */
export type Plan = z.output<typeof planSchema>
const planSchema = importOptions.omit({ dryRun: true })

const storedAs = (id: string) => `last-word.import.${id}`
const checkedAs = (id: string) => `last-word.import.${id}.checked`

/** Kept in the browser, so that a reload of any step loses nothing; else as checked last, else as guessed. */
export function readPlan(one: AudienceImport): Plan {
  const stored = planSchema.safeParse(readJson(localStorage.getItem(storedAs(one.id))))
  if (stored.success) return stored.data
  const mapping = Object.fromEntries(one.file.columns.map(({ name, guess }) => [name, guess]))
  const usual = { asOptOuts: one.file.tool?.says === 'everybody', basis: { kind: 'signed_up' } }
  if (!one.options) return planSchema.parse({ mapping, ...usual })
  const { dryRun: _, ...checked } = one.options
  return { ...checked, mapping: { ...mapping, ...checked.mapping } }
}

export const writePlan = (id: string, plan: Plan) => localStorage.setItem(storedAs(id), JSON.stringify(plan))

/** Whether the dry run that the server holds is the one of this plan. */
export const isChecked = (id: string, plan: Plan) => localStorage.getItem(checkedAs(id)) === whatCounts(plan)
export const rememberChecked = (id: string, plan: Plan) => localStorage.setItem(checkedAs(id), whatCounts(plan))
/** The basis of consent changes no row. */
const whatCounts = (plan: Plan) => JSON.stringify({ ...plan, basis: null })

export function forgetPlan(id: string) {
  localStorage.removeItem(storedAs(id))
  localStorage.removeItem(checkedAs(id))
}

function readJson(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text)
  } catch {
    return null
  }
}
