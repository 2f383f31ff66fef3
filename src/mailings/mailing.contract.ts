import { z } from 'zod'
import { line } from '../accounts/account.contract.ts'
import { idText, pageOf, pageQuery, time } from '../platform/page.contract.ts'
import { mailingSource } from './blocks.contract.ts'

export const mailingCounts = z.object({
  recipients: z.int(),
  queued: z.int(),
  accepted: z.int(),
  withheld: z.int(),
  deferred: z.int(),
  bounced: z.int(),
  /** Handed over when the program died: not known whether it arrived, never sent again. */
  unknown: z.int(),
  opened: z.int(),
  clicked: z.int(),
  optedOut: z.int(),
  complained: z.int(),
})
export type MailingCounts = z.infer<typeof mailingCounts>

export const pauseReason = z.enum(['blocks', 'complaints'])
export type PauseReason = z.infer<typeof pauseReason>

/** How the sending gets on. */
export const mailingProgress = z
  .object({
    /** Messages that left in the last minute. */
    perMinute: z.int(),
    /** At this rate, and no faster than the mailing may go; null while nobody can tell. */
    secondsLeft: z.int().nullable(),
    /** Who is next when nobody's time has come: everybody's own time in the zone where most of them live. */
    next: z.object({ at: time, timeZone: z.string(), recipients: z.int() }).nullable(),
  })
  .meta({ id: 'MailingProgress' })
export type MailingProgress = z.infer<typeof mailingProgress>

export const mailingStatus = z.enum(['draft', 'scheduled', 'sending', 'paused', 'sent', 'cancelled'])
export const mailing = z
  .object({
    id: idText,
    name: z.string(),
    subject: z.string(),
    fromName: z.string(),
    fromAddress: z.string(),
    /** What is sent as the HTML part: written by hand, or made from `source`. */
    html: z.string(),
    text: z.string(),
    source: mailingSource,
    groupIds: z.array(idText),
    segmentIds: z.array(idText),
    /** Who is in one of these gets no mail of this mailing, whatever else it is in. */
    excludedGroupIds: z.array(idText),
    excludedSegmentIds: z.array(idText),
    /** With any, only who chose one of them gets it: of the groups and segments, or of everybody when there are none. */
    topicIds: z.array(idText),
    /** Opens and clicks are tracked; null: as the account says. */
    tracking: z.boolean().nullable(),
    status: mailingStatus,
    /** Why it is paused or does not get on; the first line is the short form. */
    problem: z.string().nullable(),
    /** It was paused by itself, for this; resuming it asks for the same word. */
    pauseReason: pauseReason.nullable(),
    /** While it is being sent. */
    progress: mailingProgress.nullable(),
    counts: mailingCounts,
    createdAt: time,
    updatedAt: time,
    sendAt: time.nullable(),
    /** In which the time was chosen. */
    timeZone: z.string().nullable(),
    /** Everybody gets it when their own clock shows this, such as 2026-12-04T09:00:00. */
    localTime: z.string().nullable(),
    /** At most this many messages leave in an hour. */
    perHour: z.int().nullable(),
    startedAt: time.nullable(),
    finishedAt: time.nullable(),
  })
  .meta({ id: 'Mailing' })
export type Mailing = z.infer<typeof mailing>
export const mailings = pageOf(mailing)
export const mailingsQuery = z.strictObject({ ...pageQuery, status: mailingStatus.optional() })

const parts = {
  name: line(200).trim(),
  subject: line(500),
  fromName: line(200),
  fromAddress: line(320),
  html: z.string().max(2_000_000),
  text: z.string().max(2_000_000),
  /** Instead of `html`, which is then made from it; giving `html` alone makes the mailing one written as HTML. */
  source: mailingSource,
  groupIds: z.array(idText).max(1000),
  segmentIds: z.array(idText).max(50),
  excludedGroupIds: z.array(idText).max(1000),
  excludedSegmentIds: z.array(idText).max(50),
  topicIds: z.array(idText).max(100),
  tracking: z.boolean().nullable(),
}
/** Sender parts that are absent come from the account; an empty text part is made from the HTML. */
export const newMailing = z.strictObject({
  ...z.object(parts).partial().shape,
  name: parts.name.min(1, 'Enter a name for the mailing.'),
})
export type NewMailing = z.infer<typeof newMailing>
export const mailingChange = z.strictObject(z.object(parts).partial().shape)
export type MailingChange = z.infer<typeof mailingChange>
/** Without `at` it goes out now. */
export const sendMailing = z.strictObject({
  /** A moment, or what the clocks of `timeZone` show, such as 2026-12-04T09:00. What is past means now. */
  at: z.union([time, z.iso.datetime({ local: true, offset: false })]).optional(),
  /** An IANA name; the account's when absent. */
  timeZone: z.string().max(64).optional(),
  /** Everybody gets it when their own clock shows `at`: by the contact's field time_zone, else by `timeZone`. */
  inRecipientZone: z.boolean().optional(),
  /** At most this many messages in an hour. */
  perHour: z.int().min(1).max(10_000_000).nullish(),
})
export type SendMailing = z.infer<typeof sendMailing>
/** How many who would get the mailing now have nothing in the field time_zone. */
export const timeZoneCounts = z.object({ recipientsWithout: z.int() })
/** What a mailing was paused for by itself. */
export const resumeMailing = z.strictObject({ despite: pauseReason.optional() })
export type ResumeMailing = z.infer<typeof resumeMailing>

/** One thing that was checked. `stops` means that the mailing cannot be sent before it is mended. */
export const finding = z
  .object({
    check: z.enum([
      'way_out',
      'postal_address',
      'sender',
      'subject',
      'audience',
      'links',
      'merge_points',
      'images',
      'size',
      'authentication',
      'content',
    ]),
    level: z.enum(['passed', 'look', 'stops']),
    title: z.string(),
    text: z.string(),
  })
  .meta({ id: 'Finding' })
export type Finding = z.infer<typeof finding>
/** Who is in the chosen groups, segments and topics, and who of them gets the mailing; the parts add up to `chosen`. */
export const audienceSums = z.object({
  /** Places: a contact in two groups counts twice, once of it under `inSeveral`. */
  chosen: z.int(),
  inSeveral: z.int(),
  excluded: z.int(),
  optedOut: z.int(),
  error: z.int(),
  held: z.int(),
  /** Asked on the preferences page for no mail until a day that has not come. */
  paused: z.int(),
  archived: z.int(),
  /** Left a topic of the mailing and chose no other of them. */
  leftTopic: z.int(),
  /** Never chose a topic of the mailing. */
  withoutTopic: z.int(),
  recipients: z.int(),
})
export const mailingCheck = z
  .object({ sendable: z.boolean(), findings: z.array(finding), audience: audienceSums })
  .meta({ id: 'MailingCheck' })
export type MailingCheck = z.infer<typeof mailingCheck>
/** The mailing as one contact would get it; without one, as an invented contact. */
export const mailingPreview = z
  .object({ subject: z.string(), html: z.string(), text: z.string() })
  .meta({ id: 'MailingPreview' })
export const previewQuery = z.strictObject({ contactId: idText.optional() })
