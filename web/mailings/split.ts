import { useQuery } from '@tanstack/react-query'
import type { Mailing } from '../../src/mailings/mailing.contract.ts'
import { type Alternative, type SplitTest, splitAnswer } from '../../src/mailings/split.contract.ts'
import { get } from '../api.ts'

export const splitKey = (id: string) => ['mailings', 'split', id]

/** The split test of a mailing; its figures are renewed while it is being sent. */
export const useSplit = ({ id, status }: Pick<Mailing, 'id' | 'status'>) =>
  useQuery({
    queryKey: splitKey(id),
    queryFn: () => get(`/mailings/${id}/split`, splitAnswer),
    refetchInterval: status === 'sending' || status === 'paused' ? 2_000 : false,
  })

export const letters = ['A', 'B', 'C', 'D'] as const

/** What a variant is called in a list: its subject, its sender, or that it has other content. */
export function variantText(tests: SplitTest['tests'], one: Alternative): string {
  if (tests === 'subject') return one.subject || 'No subject'
  if (tests === 'content') return 'Other content'
  return [one.fromName, one.fromAddress && `<${one.fromAddress}>`].filter(Boolean).join(' ')
}

export const ownText = (tests: SplitTest['tests'], mailing: Mailing): string =>
  tests === 'content'
    ? 'As written'
    : variantText(tests, { subject: mailing.subject, fromName: mailing.fromName, fromAddress: mailing.fromAddress }) ||
      'The account’s sender'

/** How many get a variant: at least one person each, as far as there are people. */
export const testedOf = (recipients: number, share: number, variants: number) =>
  Math.min(recipients, Math.max(variants, Math.ceil((recipients * share) / 100)))

export const differs: Record<SplitTest['tests'], string> = { subject: 'Subject', sender: 'Sender', content: 'Content' }
