import { z } from 'zod'
import { line } from '../accounts/account.contract.ts'
import { time } from '../platform/page.contract.ts'

/** A is the mailing itself, the others are its alternatives in their order. */
export const variantName = z.enum(['A', 'B', 'C', 'D'])
export type VariantName = z.infer<typeof variantName>

const alternative = z.strictObject({
  subject: line(500).optional(),
  fromName: line(200).optional(),
  fromAddress: line(320).optional(),
  html: z.string().max(2_000_000).optional(),
  text: z.string().max(2_000_000).optional(),
})
export type Alternative = z.infer<typeof alternative>

/** What differs between the mailing and its alternatives, who gets one of them, and how the winner is found. */
export const splitPlan = z.strictObject({
  tests: z.enum(['subject', 'sender', 'content']),
  /** Per cent of the audience that gets a variant; the rest gets the winner. */
  share: z.int().min(1).max(100),
  measure: z.enum(['opens', 'clicks']),
  /** After the last of them has left, until the figures decide; null: somebody chooses. */
  waitMinutes: z.int().min(5).max(20_160).nullable(),
  /** Each says what it changes: subject; fromName, fromAddress or both; html, text or both. */
  alternatives: z.array(alternative).min(1).max(3),
})
export type SplitPlan = z.infer<typeof splitPlan>

export const variantFigures = z.object({
  variant: variantName,
  recipients: z.int(),
  accepted: z.int(),
  opened: z.int(),
  clicked: z.int(),
})
export type VariantFigures = z.infer<typeof variantFigures>

export const splitTest = splitPlan
  .extend({
    figures: z.array(variantFigures),
    /** Messages that wait for the winner. */
    waiting: z.int(),
    winner: variantName.nullable(),
    decidedAt: time.nullable(),
  })
  .meta({ id: 'SplitTest' })
export type SplitTest = z.infer<typeof splitTest>
export const splitAnswer = z.object({ split: splitTest.nullable() })
export const chosenWinner = z.strictObject({ variant: variantName })
