import { addressIn, addressKey, isAddress, readAddress } from '../optouts/address.ts'
import { unguarded } from '../platform/csv.ts'
import type { CsvRecord } from './import-csv.ts'
import { readOptOut } from './import-optout-words.ts'
import { wordOfTool } from './import-tools.ts'
import { type ValuesPlan, valuesReader } from './import-values.ts'
import { isRoleAddress } from './role-address.ts'

export type RowPlan = ValuesPlan & {
  /** Everybody in the file is opted out. */
  asOptOuts: boolean
  isDamaged: boolean
  /** The program that made the file, whose words may be its own. */
  tool: string | null
  /** What the operator says about words that nobody knows. */
  statusWords: Record<string, 'opt_out' | 'not'>
}

export type StagedRow = {
  line: number
  address: string
  canonical: string | null
  addressKey: Buffer | null
  /** Key of the address without its +tag, when it has one (AB-22). */
  baseKey: Buffer | null
  /** JSON object as text; null stands for a detail that is cleared. */
  fields: string | null
  optOut: boolean
  /** Why it is invalid, or a remark when it is not. */
  reason: string | null
  isInvalid: boolean
  /** The address is that of a role (AB-10); a value did not fit its field, or a required one is missing. */
  notes: ('role' | 'without_value')[]
}

const LONGEST_ADDRESS_SHOWN = 320

/**
 * Makes records into rows: address, key, details, opt-out, or the reason why not.
 *
 * A row that opts somebody out needs nothing but a good address. An address that cannot be read for certain is never
 * guessed (IM-2), an unknown word in an opt-out column never means Active (IM-6), a row with more cells than columns
 * is refused, with fewer it is taken and remarked (IM-1). A value that does not fit its field costs the value alone.
 */
export function rowReader(
  plan: RowPlan,
  secret: Buffer,
  unknownWords = new Map<string, number>(),
): (record: CsvRecord) => StagedRow | null {
  const addressAt = plan.targets.findIndex((target) => target?.kind === 'address')
  const optOutAt = plan.targets.findIndex((target) => target?.kind === 'opt_out')
  const readValues = valuesReader(plan)
  const answers = new Map(Object.entries(plan.statusWords).map(([word, means]) => [wordOf(word), means === 'opt_out']))
  const readWord = (cell: string) => answers.get(wordOf(cell)) ?? wordOfTool(plan.tool, cell) ?? readOptOut(cell)

  return function read({ line, cells, remark }) {
    if (cells.every((cell) => cell.trim() === '')) return null
    const given = cells[addressAt] ?? ''
    const said = optOutAt < 0 ? false : readWord(cells[optOutAt] ?? '')
    const optOut = plan.asOptOuts || said === true
    const invalid = (reason: string): StagedRow => ({
      ...NOTHING,
      line,
      address: shown(given),
      reason,
      isInvalid: true,
    })

    if (given.trim() === '') return invalid('There is no address in this line.')
    if (given.includes('\ufffd'))
      return invalid('The address has characters that cannot be read. Save the file as UTF-8.')
    const read = readAddress(unguarded(given.includes('<') ? addressIn(given) : given))
    if (!isAddress(read)) return invalid(read.problem)
    if (said === null && !optOut) countWord(unknownWords, cells[optOutAt] ?? '')
    if (!optOut) {
      const problem = problemOf(cells, plan, said, optOutAt)
      if (problem !== null) return invalid(problem)
    }
    const { json, problems } = optOut ? NO_VALUES : readValues(cells)
    const remarks = [remark ?? missing(cells.length, plan.names.length), ...problems].filter((part) => part !== null)
    return {
      line,
      address: read.address,
      canonical: read.canonical,
      addressKey: addressKey(secret, read.optOutForm),
      baseKey: read.untagged === null ? null : addressKey(secret, read.untagged),
      fields: `{${json}}`,
      optOut,
      reason: remarks.length === 0 ? null : remarks.join(' '),
      isInvalid: false,
      notes: notesOf(read.canonical, problems.length > 0),
    }
  }
}

const wordOf = (cell: string) => cell.trim().toLowerCase()

const MOST_WORDS = 50

function countWord(words: Map<string, number>, cell: string): void {
  const word = shown(cell).slice(0, 100)
  if (words.size < MOST_WORDS || words.has(word)) words.set(word, (words.get(word) ?? 0) + 1)
}

function problemOf(cells: string[], plan: RowPlan, said: boolean | null, optOutAt: number): string | null {
  const columns = plan.names.length
  if (cells.length > columns && cells.slice(columns).some((cell) => cell.trim() !== ''))
    return `This line has ${cells.length} cells, the header has ${columns}.`
  if (said === null) return `“${shown(cells[optOutAt] ?? '').slice(0, 60)}” does not say whether this person opted out.`
  if (plan.isDamaged && cells.some((cell) => cell.includes('\ufffd')))
    return 'This line has characters that cannot be read. Save the file as UTF-8.'
  return null
}

function missing(cells: number, columns: number): string | null {
  if (cells >= columns) return null
  return columns - cells === 1
    ? 'The last cell of this line is missing.'
    : `The last ${columns - cells} cells of this line are missing.`
}

const shown = (cell: string) =>
  cell
    .slice(0, LONGEST_ADDRESS_SHOWN)
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim()

function notesOf(canonical: string, lacksValue: boolean): StagedRow['notes'] {
  if (!isRoleAddress(canonical)) return lacksValue ? ['without_value'] : []
  return lacksValue ? ['role', 'without_value'] : ['role']
}

const NO_VALUES = { json: '', problems: [] }
const NOTHING = { canonical: null, addressKey: null, baseKey: null, fields: null, optOut: false, notes: [] }
