import { z } from 'zod'
import { getAccount } from '../accounts/account.ts'
import { compileMailing } from '../mailings/compile.ts'
import { getMailing, type MailingRow } from '../mailings/mailing.ts'
import { sendingAccount, sourceOf } from '../mailings/source.ts'
import { chosenWinner, type SplitTest, splitAnswer, splitPlan } from '../mailings/split.contract.ts'
import { alternativesOf, chooseWinner, findSplit, removeSplit, setSplit, variantNamed } from '../mailings/split.ts'
import { splitFigures } from '../mailings/split-decide.ts'
import type { Core } from '../platform/core.ts'
import { row, sql } from '../platform/database.ts'
import { idText } from '../platform/page.contract.ts'
import { type Api, LARGE_BODY } from './api.ts'

const params = z.object({ id: idText })
const answer = { params, response: { 200: splitAnswer } }

export function splitRoutes(app: Api, core: Core) {
  const { db } = core

  app.get('/mailings/:id/split', { schema: answer }, async ({ caller, params: { id } }) =>
    presented(core, caller.accountId, id),
  )

  app.post(
    '/mailings/:id/split',
    { bodyLimit: LARGE_BODY, schema: { ...answer, body: splitPlan } },
    async ({ caller, params: { id }, body }) => {
      const account = sendingAccount(await getAccount(db, caller.accountId))
      const compile = (mailing: MailingRow) => compileMailing(sourceOf(mailing), account, core.config.baseUrl)
      await setSplit(db, caller, id, body, compile)
      return presented(core, caller.accountId, id)
    },
  )

  app.delete('/mailings/:id/split', { schema: answer }, async ({ caller, params: { id } }) => {
    await removeSplit(db, caller, id)
    return presented(core, caller.accountId, id)
  })

  app.post('/mailings/:id/winner', { schema: { ...answer, body: chosenWinner } }, async (request) => {
    const { caller, params: asked, body } = request
    await chooseWinner(db, caller.accountId, asked.id, body.variant, caller)
    return presented(core, caller.accountId, asked.id)
  })
}

async function presented({ db }: Core, accountId: string, id: string): Promise<{ split: SplitTest | null }> {
  await getMailing(db, accountId, id) // there is none: 404
  const found = await findSplit(db, accountId, id)
  if (!found) return { split: null }
  const { wait_minutes, winner, decided_at, ...plan } = found
  const { waiting } = await row(
    db,
    sql<{ waiting: number }>`
    select count(*)::int as waiting from messages
    where account_id = ${accountId} and mailing_id = ${id} and state = 'queued' and due_at = 'infinity'`,
  )
  return {
    split: {
      ...plan,
      waitMinutes: wait_minutes,
      alternatives: await alternativesOf(db, accountId, id),
      figures: await splitFigures(db, accountId, id),
      waiting,
      winner: winner === null ? null : variantNamed(winner),
      decidedAt: decided_at?.toISOString() ?? null,
    },
  }
}
