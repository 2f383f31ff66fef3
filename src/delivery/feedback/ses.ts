import { z } from 'zod'
import { classify } from './classify.ts'
import { commandIn, replyIn, statusIn } from './codes.ts'
import type { ProviderEvent } from './provider.ts'

const recipient = z.object({
  emailAddress: z.string(),
  status: z.string().optional(),
  diagnosticCode: z.string().optional(),
})
const mailHeader = z.object({ name: z.string(), value: z.string() })
const notification = z.object({
  notificationType: z.string().optional(),
  eventType: z.string().optional(),
  mail: z.object({ messageId: z.string().optional(), headers: z.array(mailHeader).optional() }).optional(),
  bounce: z
    .object({
      bounceType: z.string(),
      bounceSubType: z.string().optional(),
      feedbackId: z.string().optional(),
      bouncedRecipients: z.array(recipient),
    })
    .optional(),
  complaint: z
    .object({
      complaintFeedbackType: z.string().nullish(),
      feedbackId: z.string().optional(),
      complainedRecipients: z.array(recipient),
    })
    .optional(),
  delivery: z.object({ recipients: z.array(z.string()) }).optional(),
  subscription: z
    .object({ newTopicPreferences: z.object({ unsubscribeAll: z.boolean().optional() }).optional() })
    .optional(),
  deliveryDelay: z.object({ delayedRecipients: z.array(recipient) }).optional(),
})

/** Sub-types of a permanent bounce that say that the address is dead; the others are judged by their words. */
const DEAD = new Set(['General', 'NoEmail', 'Suppressed', 'OnAccountSuppressionList'])

/** Events of Amazon SES, each about the recipients that it names itself, never about mail.destination (PW-4). */
export function readSes(body: unknown): ProviderEvent[] {
  const parsed = notification.safeParse(body)
  if (!parsed.success) return []
  const { mail, bounce, complaint, delivery, subscription } = parsed.data
  const kind = parsed.data.eventType ?? parsed.data.notificationType ?? ''
  const headers = mail?.headers ?? []
  const reference = headers.find(({ name }) => name.toLowerCase() === 'x-msg-ref')?.value ?? ''
  const about = { reference, status: '', reply: '', words: '' }
  const id = (part: string | undefined) => `${kind}:${part ?? mail?.messageId ?? ''}`
  if (kind === 'Bounce' && bounce)
    return bounce.bouncedRecipients.map((to) => {
      const words = to.diagnosticCode ?? ''
      const status = to.status ?? statusIn(words)
      const judged = classify({ status, reply: replyIn(words), words, command: commandIn(words) })
      return {
        ...about,
        id: id(bounce.feedbackId),
        address: to.emailAddress,
        words,
        status,
        reply: replyIn(words),
        ...ofBounce(bounce, judged),
      }
    })
  if (kind === 'Complaint' && complaint) {
    const outcome = complaint.complaintFeedbackType === 'not-spam' ? 'ignore' : 'complaint'
    return complaint.complainedRecipients.map((to) => ({
      ...about,
      id: id(complaint.feedbackId),
      address: to.emailAddress,
      reason: complaint.complaintFeedbackType ?? 'complaint',
      outcome,
    }))
  }
  if (kind === 'Delivery')
    return (delivery?.recipients ?? []).map((address) => ({
      ...about,
      id: id(undefined),
      address,
      reason: 'delivered',
      outcome: 'ignore',
    }))
  if (kind === 'Subscription' && subscription?.newTopicPreferences?.unsubscribeAll)
    return [{ ...about, id: id(undefined), address: '', reason: 'unsubscribe', outcome: 'opt_out' }]
  if (kind === 'Reject' || kind === 'Rendering Failure')
    return [{ ...about, id: id(undefined), address: '', reason: kind, outcome: 'block' }]
  return []
}

type Bounce = { bounceType: string; bounceSubType?: string | undefined }
type Judged = Pick<ProviderEvent, 'outcome' | 'reason'>

function ofBounce({ bounceType, bounceSubType = '' }: Bounce, judged: Judged): Judged {
  if (bounceType !== 'Permanent')
    return { outcome: judged.outcome === 'block' ? 'block' : 'soft', reason: judged.reason }
  if (['block', 'soft'].includes(judged.outcome) && judged.reason !== 'undefined') return judged
  return DEAD.has(bounceSubType)
    ? { outcome: 'hard', reason: 'unknown_user' }
    : { outcome: 'soft', reason: bounceSubType }
}

/** Notifications that SNS delivered as mail: the JSON stands at the beginning of the text, alone or in SNS's own. */
export function readSesMail(text: string): ProviderEvent[] {
  const end = text.indexOf('\n--')
  const json = (end < 0 ? text : text.slice(0, end)).replace(/\n[ \t]?/g, '')
  const body = parse(json)
  const envelope = z.object({ Message: z.string() }).safeParse(body)
  return readSes(envelope.success ? parse(envelope.data.Message) : body)
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}
