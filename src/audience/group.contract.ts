import { z } from 'zod'
import { line } from '../accounts/account.contract.ts'
import { job } from '../platform/job.contract.ts'
import { idText, pageOf, pageQuery, time } from '../platform/page.contract.ts'

export const groupName = line(200).trim().min(1, 'Enter a name for the group.')

export const group = z
  .object({
    id: idText,
    name: z.string(),
    kind: z.enum(['regular', 'test']),
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

export const newGroup = z.strictObject({ name: groupName })
export const groupChange = z.strictObject({ name: groupName.optional() })

export const contactStatus = z.enum(['active', 'error', 'opt_out'])
export type ContactStatus = z.infer<typeof contactStatus>
export const statusOfAll = z.strictObject({ status: contactStatus })

/** Contacts to add to or remove from a group. */
export const memberIds = z.strictObject({ contactIds: z.array(idText).min(1).max(10_000) })
export const membersResult = z.object({ changed: z.int(), optedOut: z.int() }).meta({ id: 'MembersResult' })
