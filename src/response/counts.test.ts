import { expect, test } from 'vitest'
import { startMailings } from '../../test/mailings.ts'
import { optOut } from '../optouts/optout.ts'
import { run, sql } from '../platform/database.ts'

const { accountId, db, draft, get, groupOf, keyOf, messagesOf, name, send, started } = await startMailings()

test('an opt-out from a mailing is counted for it, complaints and responses too, also after the contact is gone', async () => {
  const { id } = await draft({ groupIds: [await groupOf(['ann', 'bob', 'cem'])] })
  await send(id)
  await started(id)
  const [ann] = await messagesOf(id)
  await optOut(db, accountId, [keyOf(name('ann'))], { source: 'one_click', mailingId: id })
  await optOut(db, accountId, [keyOf(name('bob'))], { source: 'complaint', mailingId: id })
  await run(
    db,
    sql`insert into responses (account_id, mailing_id, contact_id, kind) values (${accountId}, ${id}, ${ann?.contact_id ?? ''}, 'opened')`,
  )
  expect((await get(id)).counts).toMatchObject({
    recipients: 3,
    queued: 1,
    withheld: 2,
    optedOut: 2,
    complained: 1,
    opened: 1,
    clicked: 0,
  })
})
