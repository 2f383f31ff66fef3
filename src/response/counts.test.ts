import { expect, test } from 'vitest'
import { startMailings } from '../../test/mailings.ts'
import { optOut } from '../optouts/optout.ts'
import { run, sql } from '../platform/database.ts'

const { accountId, api, db, draft, get, groupOf, keyOf, name, send, started } = await startMailings()

test('an opt-out from a mailing is counted for it, complaints and responses too, also after the contact is gone', async () => {
  const { id } = await draft({ groupIds: [await groupOf(['ann', 'bob', 'cem'])] })
  await send(id)
  await started(id)
  await optOut(db, accountId, [keyOf(name('ann'))], { source: 'one_click', mailingId: id })
  await optOut(db, accountId, [keyOf(name('bob'))], { source: 'complaint', mailingId: id })
  await run(
    db,
    sql`insert into response_hours (account_id, mailing_id, hour, opened) values (${accountId}, ${id}, date_trunc('hour', now(), 'UTC'), 1)`,
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

test('the tiles and the response count one person as a bounce or as an opt-out, never as both', async () => {
  const { id } = await draft({ groupIds: [await groupOf(['dan', 'eve', 'fay'])] })
  await send(id)
  await started(id)
  await run(db, sql`update messages set state = 'bounced' where account_id = ${accountId} and mailing_id = ${id}`)
  await optOut(db, accountId, [keyOf(name('dan'))], { source: 'complaint', mailingId: id })
  await optOut(db, accountId, [keyOf(name('eve'))], { source: 'operator' })
  const figures = { recipients: 3, bounced: 2, optedOut: 1, complained: 1 }
  expect((await get(id)).counts).toMatchObject(figures)
  expect((await api('GET', `/mailings/${id}/response`)).body).toMatchObject(figures)
})
