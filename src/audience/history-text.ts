import { z } from 'zod'
import type { OptOutSource } from '../optouts/optout.contract.ts'
import { type ImportBasis, importBasis } from './import.contract.ts'

export type HistoryRow = {
  at: Date
  kind: string
  source: OptOutSource | null
  mailing_id: string | null
  /** Null when it was deleted or never was one. */
  mailing: string | null
  person: string | null
  key: string | null
  data: unknown
}

const text = z.string().nullish()
const facts = z.object({
  again: z.boolean().nullish(),
  archived: z.boolean().nullish(),
  basis: importBasis.nullish(),
  labels: z.array(z.string()).nullish(),
  address: text,
  answer: text,
  confirmed: z.boolean().nullish(),
  corrected: z.boolean().nullish(),
  days: z.number().nullish(),
  domain: text,
  dueOn: text,
  hashes: z.number().nullish(),
  language: text,
  changes: z.array(z.object({ label: z.string(), from: z.string().nullable(), to: z.string().nullable() })).nullish(),
  file: text,
  form: text,
  group: text,
  groupId: text,
  line: z.number().nullish(),
  request: z.enum(['copy', 'erase']).nullish(),
  times: z.number().nullish(),
  topic: text,
  via: text,
  topics: z.array(z.string()).nullish(),
})
type Facts = z.infer<typeof facts>

/** What happened as one sentence for people, without a full stop. */
export function sentenceOf(row: HistoryRow): string {
  const data = facts.parse(row.data)
  if (row.kind === 'opted_out' && row.source) return optOutText(row.source, row, data)
  return texts[row.kind]?.(row, data) ?? row.kind
}

type Text = (row: HistoryRow, data: Facts) => string

function optOutText(source: OptOutSource, row: HistoryRow, data: Facts): string {
  const from = row.mailing_id === null ? '' : ` ${nameOf(row)}`
  const ways: Record<OptOutSource, string> = {
    link: from ? `with the link in${from}` : 'with an opt-out link',
    one_click: from ? `with one click in the mail program, in${from}` : 'with one click in the mail program',
    preferences: onPage(row),
    mailto: from ? `by mail to the opt-out address of${from}` : 'by mail to the opt-out address',
    complaint: from ? `by reporting${from} as unwanted` : 'by a complaint',
    provider: 'as a mailbox provider told',
    operator: byWhom(row).trim() || 'by an operator',
    bulk: `${withWhom(data)}${byWhom(row)}`,
    import: `${data.file ? `by the import ${data.file}` : 'by an import'}${row.person ? `, started by ${row.person}` : ''}`,
    api: row.key ? `through the API with the key ${row.key}` : 'through the API',
    emma_api: 'through the Emma-compatible API',
  }
  if (source === 'api' && (data.domain || data.hashes)) return `Opted out ${withWhom(data)}, ${ways.api}`
  return `Opted out ${data.again ? 'again ' : ''}${ways[source]}`
}

function withWhom({ group, domain, hashes }: Facts): string {
  if (domain) return `with everybody at ${domain}`
  if (hashes) return 'by a list of hashed addresses'
  return group ? `with everybody in the group ${group}` : 'with many others'
}

const texts: Record<string, Text> = {
  added: (row) => `Added${byWhom(row)}`,
  imported: (_, { file, line, changes, basis }) =>
    changes
      ? `${changes.map(changeText).join(', ')} by ${file ? `the import ${file}` : 'an import'}`
      : `Added by ${file ? `the import ${file}` : 'an import'}${line ? `, line ${line}` : ''}${basisText(basis)}`,
  import_undone: (row, { file, labels, archived }) =>
    `The import ${file ?? 'that added it'} was undone${byWhom(row)}: ${[archived ? 'archived' : '', labels?.length ? `former ${labels.join(', ')} back` : ''].filter((part) => part).join(', ')}`,
  edited: (row, { changes, via }) =>
    `${(changes ?? []).map(changeText).join(', ') || 'Details changed'}${byHolderOrWhom(row, via)}`,
  to_error: (row, { answer, group, groupId }) =>
    `Active to Error${answer ? `: ${answer}` : ''}${byWhom(row)}${group || groupId ? ', with its group' : ''}`,
  to_active: (row, { confirmed, corrected, groupId }) =>
    `Error to Active${byWhom(row)}${confirmed ? ', because the confirmation mail arrived' : ''}${corrected ? ', after the address was corrected' : ''}${groupId ? ', with its group' : ''}`,
  joined_group: (row, { group }) => `Added to the group ${group ?? 'that is gone'}${byWhom(row)}`,
  left_group: (row, { group }) => `Removed from the group ${group ?? 'that is gone'}${byWhom(row)}`,
  archived: (row) => `Archived${byWhom(row)}`,
  restored: (row, { confirmed }) => `Restored${byWhom(row)}${confirmed ? ', by signing up again' : ''}`,
  merged: (row, { address }) => `Merged with the contact ${address ?? ''}${byWhom(row)}`,
  held: () => 'Held without mail: possibly the same person as somebody who opted out',
  topic_chosen: (row, { topic }) => `Chose the topic ${topic ?? 'that is gone'} ${onPage(row)}`,
  topic_left: (row, { topic }) => `Left the topic ${topic ?? 'that is gone'} ${onPage(row)}`,
  paused: (row, { days }) => `Paused mail for ${days ?? 'some'} days ${onPage(row)}`,
  pause_ended: (row) => `Ended the pause ${onPage(row)}`,
  language_chosen: (row, { language }) =>
    `Chose the language ${LANGUAGES[language ?? ''] ?? language ?? ''} ${onPage(row)}`,
  data_requested: (row, { request, dueOn }) =>
    `Asked to ${request === 'erase' ? 'have their data erased' : 'get their data'} ${onPage(row)}; to be answered by ${dueOn ?? 'the end of a month'}`,
  data_request_settled: (row) => `Request for their data marked as answered${byWhom(row)}`,
  tracking_refused: (row, { via }) => `No opens and clicks are recorded any more, as chosen${byHolderOrWhom(row, via)}`,
  tracking_allowed: (row, { via }) => `Opens and clicks may be recorded again, as chosen${byHolderOrWhom(row, via)}`,
  released: (row, { confirmed }) =>
    confirmed ? 'Mail allowed: its holder signed up' : `Mail allowed${byWhom(row)}: not the person who opted out`,
  signed_up: (_, { form, topics }) =>
    `Signed up on ${formText(form)}${topics?.length ? ` for ${topics.join(', ')}` : ''}, and confirmed it`,
  reconsented: (_, { form }) => `Came back: confirmed a sign-up on ${formText(form)}, which ended the opt-out`,
  queued: (row) => `${nameOf(row)} is waiting to be sent`,
  handed_over: (row) => `${nameOf(row)} is being handed over`,
  accepted: (row) => `${nameOf(row)} was accepted`,
  deferred: (row, data) => `${nameOf(row)} is delayed${answerText(data)}`,
  bounced: (row, data) => `${nameOf(row)} came back${answerText(data)}`,
  withheld: (row, data) =>
    `${nameOf(row)} was held back${data.answer === 'opted out' ? ', because the address had opted out' : answerText(data)}`,
  unknown: (row) => `${nameOf(row)} was handed over; whether it was accepted is not known, and it is not sent again`,
  cancelled: (row) => `${nameOf(row)} was cancelled before it was sent`,
  opened: (row) => `Opened ${nameOf(row)}`,
  clicked: (row) => `Clicked in ${nameOf(row)}`,
}

const LANGUAGES: Record<string, string> = { en: 'English', de: 'German', ar: 'Arabic' }

/** Where people choose for themselves, and from which mailing they came. */
const onPage = (row: HistoryRow) =>
  row.mailing_id === null ? 'on the preferences page' : `on the preferences page, opened from ${nameOf(row)}`
const formText = (form: string | null | undefined) => (form ? `the form ${form}` : 'the sign-up page')

const nameOf = ({ mailing }: HistoryRow) => mailing ?? 'a mailing that was deleted'

const BASES: Record<ImportBasis['kind'], string> = {
  signed_up: 'they signed up',
  customers: 'they are customers',
  asked_in_person: 'they asked in person',
  other: 'another basis',
}

/** Why one may write to them, as the importer said (LW-8). */
const basisText = (basis: ImportBasis | null | undefined) =>
  basis ? `: ${BASES[basis.kind]}${basis.note ? `, ${basis.note}` : ''}` : ''

const byWhom = ({ person, key }: HistoryRow) => (person ? ` by ${person}` : key ? ` with the API key ${key}` : '')

const byHolderOrWhom = (row: HistoryRow, via: string | null | undefined) =>
  via === 'preferences' ? ` by the contact, ${onPage(row)}` : byWhom(row)

const answerText = ({ answer }: Facts) => (answer ? `: ${answer}` : '')

function changeText({ label, from, to }: { label: string; from: string | null; to: string | null }): string {
  if (to === null) return `${label} removed, was ${from}`
  return from === null ? `${label} set to ${to}` : `${label} changed from ${from} to ${to}`
}
