import { expect, test } from 'vitest'
import { freshDatabase } from '../../test/database.ts'
import { systemClock } from '../platform/clock.ts'
import { readConfig } from '../platform/config.ts'
import { row, rows, sql } from '../platform/database.ts'
import { openLog } from '../platform/log.ts'
import { fillDemo } from './demo.ts'

const database = await freshDatabase()
const keys = { address: Buffer.alloc(32, 1), link: [{ id: 1, key: Buffer.alloc(32, 2) }], session: Buffer.alloc(32, 3) }
const core = { ...database, config: readConfig({}), keys, clock: systemClock, log: openLog('silent') }

test('the demo fills an account with 2,000 people, two sent mailings and opt-outs of several sources, once', async () => {
  expect(await fillDemo(core)).toBe(true)
  expect(await fillDemo(core)).toBe(false)
  const counted = await row(
    database.db,
    sql<{ contacts: number; mailings: number; opened: number }>`
    select (select count(*)::int from contacts) as contacts, (select count(*)::int from mailings where status = 'sent') as mailings,
           (select sum(opened)::int from response_hours) as opened`,
  )
  expect(counted).toMatchObject({ contacts: 2000, mailings: 2 })
  expect(counted.opened).toBeGreaterThan(500)
  const sources = await rows(
    database.db,
    sql<{ source: string }>`select distinct source from standing_optouts order by source`,
  )
  expect(sources.map(({ source }) => source)).toEqual(['api', 'bulk', 'link', 'one_click', 'operator', 'preferences'])
})
