import type { ImportMode, ImportOutcome } from './import.contract.ts'

/** Rows with one outcome, and how many of them have each remark. */
export type Tally = {
  outcome: ImportOutcome
  count: string
  by_file: string
  role: string
  restored: string
  without_value: string
}

/** What imports.counts holds: the names of importCounts and importNotes. */
export type Counts = Record<string, number>

/** Adds tallied rows to the counts of an import, in the words of its contract. */
export function addTallies(before: Counts, tallies: Tally[], mode: ImportMode): Counts {
  const counts = { ...before }
  const add = (name: string, number: number) => {
    counts[name] = (counts[name] ?? 0) + number
  }
  for (const name of Object.values(COUNTED_AS)) add(name, 0)
  for (const { outcome, count, by_file, role, restored, without_value } of tallies) {
    add(COUNTED_AS[outcome], Number(count))
    add('role', Number(role))
    add('restored', Number(restored))
    add('withoutValue', Number(without_value))
    if (outcome === 'opted_out') {
      add('optedOutByFile', Number(by_file))
      add('optedOutBefore', Number(count) - Number(by_file))
    }
    if (outcome === 'held') add('samePerson', Number(count))
    if (outcome === 'skipped') add(mode === 'update_only' ? 'notAdded' : 'notUpdated', Number(count))
  }
  return counts
}

const COUNTED_AS: Record<ImportOutcome, string> = {
  added: 'added',
  updated: 'updated',
  unchanged: 'unchanged',
  skipped: 'unchanged',
  duplicate: 'duplicates',
  invalid: 'invalid',
  opted_out: 'optedOut',
  held: 'held',
}
