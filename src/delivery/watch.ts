// When a mailing stops by itself: mail servers that block it (BN-9, MP-12), people who complain about it (MP-7).
import type { Clock } from '../platform/clock.ts'
import type { Core } from '../platform/core.ts'
import { type Db, row, rows, sql } from '../platform/database.ts'
import { classify } from './feedback/classify.ts'
import { replyIn, statusIn } from './feedback/codes.ts'
import { adviceFor } from './feedback/pause-reason.ts'
import type { TakenMessage } from './message.ts'
import { type MailingName, pauseMailing } from './queue.ts'
import type { Outcome } from './smtp.ts'

/** BN-9 */
const MOST_BLOCKED = 0.05
/** Fewer say nothing about a mailing. */
const FEWEST_BLOCKS = 10
const WINDOW_ANSWERS = 1000
const WINDOW_MS = 60 * 60_000
/** MP-7: Gmail and Yahoo block from here. */
const MOST_COMPLAINTS = 0.003
const FEWEST_COMPLAINTS = 3

type Answered = { at: number; isBlock: boolean }

export type Watch = {
  /** Notes what became of a message; gives the reason when its mailing has to stop. */
  note: (message: TakenMessage, outcome: Outcome) => string | null
}

/**
 * Watches the answers that this program gets, mailing by mailing: the last 1,000 of the last hour. Each program judges by
 * its own, so that nothing has to be counted in the database while mail goes out.
 */
export function openWatch(clock: Clock): Watch {
  const windows = new Map<string, Answered[]>()
  return {
    note: ({ mailingId }, outcome) => {
      if (outcome.kind !== 'accepted' && outcome.kind !== 'bounced' && outcome.kind !== 'deferred') return null
      const answers = windows.get(mailingId) ?? []
      windows.set(mailingId, answers)
      const now = clock().getTime()
      const blocked = outcome.kind !== 'accepted' && isBlock(outcome.answer)
      answers.push({ at: now, isBlock: blocked })
      if (answers.length > WINDOW_ANSWERS) answers.shift()
      if (!blocked) return null
      const recent = answers.filter(({ at }) => at > now - WINDOW_MS)
      const blocks = recent.filter((answered) => answered.isBlock).length
      if (blocks < FEWEST_BLOCKS || blocks <= recent.length * MOST_BLOCKED) return null
      windows.delete(mailingId) // whoever resumes it begins anew
      return blockedWords(blocks, recent.length, outcome.answer)
    },
  }
}

/**
 * True when a server refuses us, our sender or our content by policy: no word about the recipient (MP-12).
 *
 * 5.7.x is security or policy (RFC 3463 §3.8). Of 4.7.x only what Gmail says about authentication and Yahoo about
 * reputation: greylisting says 4.7.1 too.
 */
export function isBlock(answer: string): boolean {
  if (/^5\d\d[ -]5\.7\.\d/.test(answer)) return true
  if (/^4\d\d[ -]4\.7\.(?:23|27|29|30|31|32|40)\b/.test(answer) || /^4.*\[TSS\d+\]/.test(answer)) return true
  return (
    /^5\d\d(?![ -]5\.1\.)/.test(answer) &&
    /\b(?:spam|blocked|black ?list|block ?list|reputation|policy|dnsbl|rbl|spamhaus)/i.test(answer)
  )
}

const whole = (count: number) => count.toLocaleString('en-GB')
const percent = (share: number) =>
  `${(share * 100).toLocaleString('en-GB', { maximumFractionDigits: share < 0.1 ? 1 : 0 })}%`

function blockedWords(blocks: number, of: number, answer: string): string {
  const { reason } = classify({ status: statusIn(answer), reply: replyIn(answer), words: answer, command: 'DATA' })
  return `${percent(blocks / of)} blocked
Mail servers refused ${whole(blocks)} of the last ${whole(of)} messages because of who sends them or what is in them, not because of the people. ${adviceFor(reason)} No contact was changed. Their words: “${answer}”. Who was refused does not get it again when you resume.`
}

const complainedWords = (complaints: number, of: number) => `${percent(complaints / of)} complained
${whole(complaints)} of ${whole(of)} people who got this mailing marked it as spam. Mailbox providers block senders from 0.3%. They are opted out. Look at how the people of this mailing were added and leave out who did not ask for it, before you resume.`

type Complained = MailingName & { complaints: number }

/** Stops mailings about which too many complained since they were started or resumed. */
export async function judgeComplaints({ db }: Pick<Core, 'db'>): Promise<void> {
  const complained = await rows(
    db,
    sql<Complained>`
    select mailing.account_id as "accountId", mailing.mailing_id as "mailingId",
           count(distinct entry.address_key)::int as complaints
    from mailings mailing
    join optout_ledger entry on entry.account_id = mailing.account_id and entry.mailing_id = mailing.mailing_id
      and entry.source = 'complaint' and entry.at > mailing.watched_from
    where mailing.status = 'sending'
    group by mailing.account_id, mailing.mailing_id
    having count(distinct entry.address_key) >= ${FEWEST_COMPLAINTS}`,
  )
  for (const { complaints, ...mailing } of complained) {
    const accepted = await acceptedOf(db, mailing)
    if (complaints >= accepted * MOST_COMPLAINTS)
      await pauseMailing(db, mailing, complainedWords(complaints, Math.max(accepted, complaints)), 'complaints')
  }
}

async function acceptedOf(db: Db, { accountId, mailingId }: MailingName): Promise<number> {
  const { accepted } = await row(
    db,
    sql<{ accepted: number }>`
    select count(*)::int as accepted from messages
    where account_id = ${accountId} and mailing_id = ${mailingId} and state = 'accepted'`,
  )
  return accepted
}
