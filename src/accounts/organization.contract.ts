import { z } from 'zod'
import { time } from '../platform/page.contract.ts'
import { line } from './account.contract.ts'

/** Who owns the account, and whether an opt-out from one of its accounts is one from all. */
export const organization = z
  .object({
    name: z.string(),
    /** Names of its accounts, this one among them. */
    accounts: z.array(z.string()),
    /** Since when an opt-out that a recipient makes holds in all of them; null while it does not. */
    oneOptOutSince: time.nullable(),
  })
  .meta({ id: 'Organization' })
export type Organization = z.infer<typeof organization>
export const organizationChange = z.strictObject({
  /** Recipients read it where one opt-out covers all accounts. */
  name: line(200).trim().min(1, 'Enter a name for the organization.').optional(),
  oneOptOut: z.boolean().optional(),
})
export type OrganizationChange = z.infer<typeof organizationChange>
