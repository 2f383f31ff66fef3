// How long the first page of each list and a search take at the server. Three of ten contacts have opted out: spread over
// the list, or all of the newest (--newest), which is the worst place for a list of the Active ones.
//   npm run --silent bench -- lists --rows 1000000 [--newest]
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { insertAccount } from '../src/accounts/owner.ts'
import { condition as conditionSchema } from '../src/audience/condition.contract.ts'
import { contactCountsQuery, contactsQuery } from '../src/audience/contact.contract.ts'
import { countContacts, listContacts, previewContacts } from '../src/audience/contact-list.ts'
import { createGroup, listGroups } from '../src/audience/group.ts'
import { createSegment } from '../src/audience/segment.ts'
import { type Db, openDatabase, run, sql, transaction } from '../src/platform/database.ts'
import { startEmbedded } from '../src/platform/embedded.ts'
import { migrate } from '../src/platform/migrate.ts'

const { values: given } = parseArgs({
  options: { rows: { type: 'string', default: '1000000' }, newest: { type: 'boolean', default: false } },
})
const rows = Number(given.rows)
const TIMES = 20

const firstNames =
  'Anna Bert Carla Dmitri Elena Farid Greta Hugo Ines Jonas Karim Lena Miguel Noor Olga Paul Rosa Sven Zoë'
const lastNames =
  'Aalto Berg Castellane Dvorak Eklund Fischer Garcia Halvorsen Ivanov Jensen Lindqvist Müller Novak Olsen Quill Rossi Thorne Ueda Wren'

/** One contact in a hundred or so, by domain and name. */
const condition = conditionSchema.parse({
  type: 'all',
  of: [
    { type: 'address', op: 'domain_is', values: ['post.example'] },
    { type: 'field', field: 'last_name', op: 'contains', values: ['BERG'] },
  ],
})

/** Contacts, opt-outs (30 %), Errors (0.5 %) and two groups: everybody, and one in a thousand. */
async function fill(owner: Db, accountId: string): Promise<void> {
  const actor = { accountId, userId: null, apiKeyId: null }
  const everybody = await createGroup(owner, actor, 'Everybody')
  const few = await createGroup(owner, actor, 'Few')
  await run(
    owner,
    sql`
    insert into contacts (account_id, address, canonical, address_key, fields)
    select ${accountId}, address, address, substr(sha256(convert_to(address, 'UTF8')), 1, 16),
           jsonb_build_object('first_name', first_name, 'last_name', last_name)
    from (select n, names.first[1 + n * 31 % array_length(names.first, 1)] as first_name, names.last[1 + n * 17 % array_length(names.last, 1)] as last_name
          from generate_series(1, ${rows}::bigint) n,
               (select string_to_array(${firstNames}, ' ') as first, string_to_array(${lastNames}, ' ') as last) names) named,
         lateral (select translate(lower(first_name || '.' || last_name), 'ëü', 'eu') || n || '@'
                         || (array['post', 'web', 'mail', 'club', 'shop'])[1 + n % 5] || '.example' as address) entered`,
  )
  const out = given.newest ? sql`contact_id > ${rows * 0.7}` : sql`contact_id * 7919 % 10 < 3`
  await run(
    owner,
    sql`
    insert into standing_optouts (account_id, address_key, entry_id, source, opted_out_at)
    select account_id, address_key, 1, 'bulk', now() from contacts where account_id = ${accountId} and ${out}`,
  )
  await run(
    owner,
    sql`insert into contact_errors (account_id, contact_id, reason) select account_id, contact_id, 'delivery' from contacts where contact_id % 200 = 5 and not (${out})`,
  )
  await run(owner, sql`alter table group_members disable trigger locked`) // opted-out members joined before they opted out
  for (const [group, members] of [
    [everybody, sql`true`],
    [few, sql`contact_id % 1000 = 7`],
  ] as const)
    await run(
      owner,
      sql`insert into group_members (account_id, group_id, contact_id) select account_id, ${group.id}, contact_id from contacts where ${members}`,
    )
  await run(owner, sql`alter table group_members enable trigger locked`)
  await sql`analyze`.execute(owner)
}

async function measure() {
  const dir = await mkdtemp(join(tmpdir(), 'last-word-bench-'))
  await chmod(dir, 0o711) // as root, the server's own user must enter
  const server = await startEmbedded(dir)
  try {
    await migrate(server.url)
    const owner = openDatabase(server.url, { role: null })
    const { accountId } = await transaction(owner.db, (trx) => insertAccount(trx, 'Bench'))
    await fill(owner.db, accountId)
    const segment = await createSegment(
      owner.db,
      { accountId, userId: null, apiKeyId: null },
      { name: 'Berg', condition },
    )
    await owner.close()
    const { db, close } = openDatabase(server.url)
    const list = (asked: object) => () => listContacts(db, accountId, contactsQuery.parse(asked))
    const works: Record<string, () => Promise<unknown>> = {
      all: list({}),
      active: list({ status: 'active' }),
      error: list({ status: 'error' }),
      optOut: list({ status: 'opt_out' }),
      group: list({ groupId: '1', status: 'active' }),
      few: list({ groupId: '2', status: 'active' }),
      oldest: list({ sort: 'oldest' }),
      byAddress: list({ sort: 'address' }),
      byAddressActive: list({ sort: 'address', status: 'active' }),
      source: list({ source: 'api' }),
      since: list({ addedSince: '2100-01-01T00:00:00Z' }),
      archived: list({ archived: 'true' }),
      segment: list({ segmentId: segment.id }),
      ...Object.fromEntries(
        ['halvorsen77', 'anna', 'müller', 'novak1', '@web.ex', 'sven.quill', 'nobody here', 'zoë', '77', 'a', 'zq'].map(
          (search) => [`search ${search}`, list({ search })],
        ),
      ),
      preview: () => previewContacts(db, accountId, { condition, archived: false }),
      counts: () => countContacts(db, accountId, contactCountsQuery.parse({})),
      groups: () => listGroups(db, accountId, { limit: 50, archived: false }),
    }
    const medians: Record<string, number> = {}
    const searches: number[] = []
    for (const [name, work] of Object.entries(works)) {
      const times = await timesOf(work)
      medians[name] = Math.round((times[TIMES / 2] ?? 0) * 10) / 10
      if (name.startsWith('search')) searches.push(...times)
    }
    await close()
    console.log(medians)
    const p95 = searches.sort((one, other) => one - other)[Math.floor(searches.length * 0.95)] ?? 0
    console.log(
      JSON.stringify({ name: 'lists', rows, newest: given.newest, searchP95Ms: Math.round(p95), medianMs: medians }),
    )
  } finally {
    await server.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

/** Milliseconds of each run, shortest first. */
async function timesOf(work: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = []
  for (let run = 0; run < TIMES; run++) {
    const start = performance.now()
    await work()
    times.push(performance.now() - start)
  }
  return times.sort((one, other) => one - other)
}

await measure()
