import { z } from 'zod'
import { line } from '../accounts/account.contract.ts'
import { job } from '../platform/job.contract.ts'
import { idText, pageOf, pageQuery, time } from '../platform/page.contract.ts'

export const groupName = line(200).trim().min(1, 'Enter a name for the group.')
/** A test group holds at most 10 contacts. */
export const groupKind = z.enum(['regular', 'test'])
export type GroupKind = z.infer<typeof groupKind>
export const MOST_IN_TEST_GROUP = 10

export const group = z
  .object({
    id: idText,
    name: z.string(),
    kind: groupKind,
    /** All members, also those in the archive: a change of status of all reaches them too. */
    counts: z.object({ active: z.int(), error: z.int(), optOut: z.int() }),
    /** How many of them are in the archive, where no mail reaches them. */
    archivedMembers: z.int().optional(),
    createdAt: time,
    archivedAt: time.nullable(),
    /** Work on this group that is not finished. */
    job: job.nullable(),
  })
  .meta({ id: 'Group' })
export type Group = z.infer<typeof group>
export const groups = pageOf(group)
export const groupsQuery = z.strictObject({ ...pageQuery, archived: z.stringbool().default(false) })

/** The kind never changes. */
export const newGroup = z.strictObject({ name: groupName, kind: groupKind.default('regular') })
export type NewGroup = z.infer<typeof newGroup>
export const groupChange = z.strictObject({ name: groupName.optional() })

export const contactStatus = z.enum(['active', 'error', 'opt_out'])
export type ContactStatus = z.infer<typeof contactStatus>
export const statusOfAll = z.strictObject({ status: contactStatus })

/** Contacts to add to or remove from a group. */
export const memberIds = z.strictObject({ contactIds: z.array(idText).min(1).max(10_000) })
export const membersResult = z.object({ changed: z.int(), optedOut: z.int() }).meta({ id: 'MembersResult' })

/** Members with one of `statuses` join another group, or one that is made for them; who opted out joins no group. */
export const groupCopy = z.strictObject({
  to: z.union([z.strictObject({ groupId: idText }), z.strictObject({ newGroup: groupName })]),
  statuses: z
    .array(z.enum(['active', 'error']))
    .min(1, 'Choose a status.')
    .default(['active', 'error']),
})
export type GroupCopy = z.infer<typeof groupCopy>
/** What the job of a copy gives. `optedOut` are in the group that was copied, and stay there alone. */
export const copyResult = z.object({
  copied: z.int(),
  already: z.int(),
  optedOut: z.int(),
  to: z.object({ id: idText, name: z.string() }),
})

/** One address a line, as people paste them; blank lines are passed over. */
export const pastedAddresses = z.strictObject({
  addresses: z.array(z.string().max(1000)).min(1).max(10_000),
  /** Whether addresses that are not contacts become some. */
  addUnknown: z.boolean().default(false),
})
/** added + already + optedOut + duplicate and the lines in unknown and invalid are all lines that are not blank. */
export const pastedResult = z
  .object({
    added: z.int(),
    already: z.int(),
    optedOut: z.int(),
    /** Lines with an address that stands on an earlier line. */
    duplicate: z.int(),
    /** How many of `added` became contacts with this. */
    made: z.int(),
    /** How many of `made` get no mail until an operator decides: possibly somebody who opted out. */
    held: z.int(),
    optedOutAddresses: z.array(z.string()),
    unknown: z.array(z.string()),
    invalid: z.array(z.object({ line: z.int(), text: z.string(), problem: z.string() })),
  })
  .meta({ id: 'PastedResult' })
export type PastedResult = z.infer<typeof pastedResult>
