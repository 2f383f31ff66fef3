import { z } from 'zod'
import { line } from '../accounts/account.contract.ts'
import { optOutSource } from '../optouts/optout.contract.ts'
import { idText, pageOf, pageQuery, time } from '../platform/page.contract.ts'
import { condition } from './condition.contract.ts'
import { fieldValues } from './field.contract.ts'
import { contactStatus } from './group.contract.ts'

/** Of the control characters only tab and line feed; no half of a surrogate pair, which the database cannot keep. */
const text = z
  .string()
  .max(2500)
  .regex(
    // oxlint-disable-next-line no-control-regex -- they are what is refused
    /^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ud800-\udfff]*$/u,
    'Control characters are not possible here.',
  )
/** By the field's name; null, an empty text or an empty list takes the value away. Each is checked by its field's type. */
const givenValues = z.record(
  z.string().max(63),
  z.union([text, z.number(), z.boolean(), z.array(text).max(500), z.null()]),
)

export const contactSource = z.enum(['operator', 'api', 'import', 'form'])

export const contact = z
  .object({
    id: idText,
    address: z.string(),
    status: contactStatus,
    fields: fieldValues,
    groupIds: z.array(idText),
    /** Where it came from. */
    source: contactSource,
    createdAt: time,
    updatedAt: time,
    archivedAt: time.nullable(),
    optOut: z.object({ at: time, source: optOutSource, mailingId: idText.nullable() }).nullable(),
    error: z.object({ at: time, reason: z.string() }).nullable(),
    /** Held without mail: possibly the same person as somebody who opted out. */
    held: z.boolean(),
  })
  .meta({ id: 'Contact' })
export type Contact = z.infer<typeof contact>
export const contacts = pageOf(contact)

const filterParts = {
  /** Part of the address or of a field's value. */
  search: line(320).optional(),
  status: contactStatus.optional(),
  groupId: idText.optional(),
  segmentId: idText.optional(),
  topicId: idText.optional(),
  importId: idText.optional(),
  /** Where the contact came from. */
  source: contactSource.optional(),
  addedSince: time.optional(),
  addedBefore: time.optional(),
}
export const contactSort = z.enum(['newest', 'oldest', 'address'])
export const contactsQuery = z.strictObject({
  ...pageQuery,
  ...filterParts,
  archived: z.stringbool().default(false),
  sort: contactSort.default('newest'),
})
export const contactCountsQuery = contactsQuery.omit({ limit: true, cursor: true, sort: true })
/** What a list of contacts is narrowed to; `condition` is that of a segment which is not saved. */
export const contactFilter = z
  .strictObject({ ...filterParts, archived: z.boolean().default(false), condition: condition.optional() })
  .meta({ id: 'ContactFilter' })
export type ContactFilter = z.infer<typeof contactFilter>
/** Contacts by id, or all that match, whoever that is when it is acted on. */
export const selection = z
  .union([z.strictObject({ ids: z.array(idText).min(1).max(10_000) }), z.strictObject({ filter: contactFilter })])
  .meta({ id: 'Selection' })
export type Selection = z.infer<typeof selection>
/** How many contacts match, by status. */
export const contactCounts = z
  .object({ active: z.int(), error: z.int(), optOut: z.int(), total: z.int() })
  .meta({ id: 'ContactCounts' })
export type ContactCounts = z.infer<typeof contactCounts>

export const newContact = z.strictObject({
  address: z.string().max(1000),
  fields: givenValues.optional(),
  groupIds: z.array(idText).max(1000).optional(),
})
export type NewContact = z.infer<typeof newContact>
export const contactChange = z.strictObject({
  address: z.string().max(1000).optional(),
  fields: givenValues.optional(),
})
export type ContactChange = z.infer<typeof contactChange>
export const statusChange = z.strictObject({ status: contactStatus })
export const trackingChange = z.strictObject({
  /** No opens and clicks of this contact are recorded. */
  refused: z.boolean(),
})
export const groupIds = z.strictObject({ groupIds: z.array(idText).min(1).max(1000) })

/** One thing that happened to a contact, newest first in lists; `text` is one sentence for people. */
export const contactEvent = z
  .object({
    at: time,
    kind: z.string(),
    text: z.string(),
    source: optOutSource.nullable(),
    mailing: z.object({ id: idText, name: z.string().nullable() }).nullable(),
    operator: z.string().nullable(),
  })
  .meta({ id: 'ContactEvent' })
export type ContactEvent = z.infer<typeof contactEvent>
export const contactHistory = z.object({ items: z.array(contactEvent) })
export type ContactHistory = z.infer<typeof contactHistory>
