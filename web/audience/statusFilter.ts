import { contactStatus } from '../../src/audience/group.contract.ts'

export const statusOptions = [
  { value: 'all', label: 'All statuses' },
  { value: 'active', label: 'Active' },
  { value: 'error', label: 'Error' },
  { value: 'opt_out', label: 'Opt-Out' },
]

/** The status that was chosen, or none for all of them. */
export const statusFilter = (value: string | null) => contactStatus.safeParse(value).data
