import { addressKey, isAddress, readAddress } from '../optouts/address.ts'
import type { OptOutSource } from '../optouts/optout.contract.ts'
import { optOut } from '../optouts/optout.ts'
import type { Core } from '../platform/core.ts'
import { maybeRow, row, rows, run, sql, type Trx, transaction } from '../platform/database.ts'
import { demoHtml } from './mail.ts'
import { domains, firstNames, lastNames, localPart, seeded, towns } from './names.ts'

const CONTACTS = 2000
const random = seeded(20261124)
const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)] as Item

/**
 * Fills an account with invented people, two past mailings and opt-outs of several sources, once.
 *
 * Does nothing when the installation has contacts already. All addresses end in domains reserved for examples.
 */
export async function fillDemo(core: Core): Promise<boolean> {
  const { db, keys } = core
  return transaction(db, async (trx) => {
    if (await maybeRow(trx, sql`select from contacts limit 1`)) return false
    const accountId = await demoAccount(trx)
    await addContacts(trx, accountId, keys.address)
    const groups = await addGroups(trx, accountId)
    await addErrors(trx, accountId)
    const winter = await addMailing(
      trx,
      accountId,
      groups.members,
      'Winter hours',
      'New opening hours from November',
      22,
    )
    const bulbs = await addMailing(trx, accountId, groups.members, 'Autumn bulbs', 'Bulbs to plant before the frost', 9)
    await addOptOuts(trx, accountId, keys.address, { winter, bulbs, oldShop: groups.oldShop })
    return true
  })
}

async function demoAccount(trx: Trx): Promise<string> {
  const found = await maybeRow(
    trx,
    sql<{ account_id: string }>`select account_id from accounts order by account_id limit 1`,
  )
  const accountId = found?.account_id ?? (await newAccount(trx))
  await run(
    trx,
    sql`
    update accounts set name = case when name = 'My account' then 'Fernmoor Garden' else name end,
      sender_name = 'Fernmoor Garden', sender_address = 'news@fernmoor.example',
      postal_address = 'Fernmoor Garden, 4 Glasshouse Lane, Fernmoor FM1 2GH', contact_url = 'mailto:hello@fernmoor.example'
    where account_id = ${accountId} and postal_address = ''`,
  )
  await run(trx, sql`update organizations set name = 'Fernmoor Trust' where name = 'My account'`)
  for (const [position, [name, label]] of Object.entries({
    first_name: 'First name',
    last_name: 'Last name',
    town: 'Town',
  }).entries())
    await run(
      trx,
      sql`
      insert into fields (account_id, name, label, position) values (${accountId}, ${name}, ${label}, ${position})
      on conflict do nothing`,
    )
  return accountId
}

async function newAccount(trx: Trx): Promise<string> {
  const made = await row(
    trx,
    sql<{ account_id: string }>`
    with organization as (insert into organizations (name) values ('Fernmoor Trust') returning organization_id)
    insert into accounts (organization_id, name) select organization_id, 'Fernmoor Garden' from organization returning account_id`,
  )
  return made.account_id
}

async function addContacts(trx: Trx, accountId: string, secret: Buffer) {
  const people = new Map<string, { address: string; key: string; fields: Record<string, string>; at: Date }>()
  while (people.size < CONTACTS) {
    const [first, last] = [pick(firstNames), pick(lastNames)]
    const address = `${localPart(first, last)}${random() < 0.5 ? Math.floor(random() * 90) + 10 : ''}@${pick(domains)}`
    const read = readAddress(address)
    if (!isAddress(read)) continue
    const fields = { first_name: first, last_name: last, ...(random() < 0.8 ? { town: pick(towns) } : {}) }
    const at = new Date(Date.now() - Math.floor(random() * 1000) * 86_400_000)
    people.set(read.canonical, { address, key: addressKey(secret, read.optOutForm).toString('hex'), fields, at })
  }
  await run(
    trx,
    sql`
    insert into contacts (account_id, address, canonical, address_key, fields, created_at, updated_at)
    select ${accountId}, person.address, person.address, decode(person.key, 'hex'), person.fields, person.at, person.at
    from jsonb_to_recordset(${JSON.stringify([...people.values()])}::jsonb) as person(address text, key text, fields jsonb, at timestamptz)`,
  )
}

async function addGroups(trx: Trx, accountId: string) {
  const group = async (name: string, every: number, offset: number) => {
    const { group_id } = await row(
      trx,
      sql<{
        group_id: string
      }>`insert into groups (account_id, name) values (${accountId}, ${name}) returning group_id`,
    )
    await run(
      trx,
      sql`
      insert into group_members (account_id, group_id, contact_id)
      select ${accountId}, ${group_id}, contact_id from contacts where account_id = ${accountId} and contact_id % ${every} = ${offset}`,
    )
    return group_id
  }
  const members = await group('Members', 1, 0)
  await group('Volunteers', 9, 1)
  await group('Visitors 2026', 4, 2)
  await group('Seed swap', 7, 3)
  const oldShop = await group('Opt-outs from the old shop', 80, 5)
  return { members, oldShop }
}

async function addErrors(trx: Trx, accountId: string) {
  await run(
    trx,
    sql`
    insert into contact_errors (account_id, contact_id, reason, detail)
    select ${accountId}, contact_id, 'delivery', '550 5.1.1 no such user' from contacts where account_id = ${accountId} and contact_id % 150 = 11`,
  )
}

async function addMailing(
  trx: Trx,
  accountId: string,
  groupId: string,
  name: string,
  subject: string,
  daysAgo: number,
): Promise<string> {
  const html = demoHtml(subject)
  const { mailing_id } = await row(
    trx,
    sql<{ mailing_id: string }>`
    insert into mailings (account_id, name, subject, from_name, from_address, html, status, created_at, started_at, finished_at)
    values (${accountId}, ${name}, ${subject}, 'Fernmoor Garden', 'news@fernmoor.example', ${html}, 'sent',
            now() - make_interval(days => ${daysAgo + 1}), now() - make_interval(days => ${daysAgo}), now() - make_interval(days => ${daysAgo}) + interval '4 minutes')
    returning mailing_id`,
  )
  await run(
    trx,
    sql`insert into mailing_groups (account_id, mailing_id, group_id) values (${accountId}, ${mailing_id}, ${groupId})`,
  )
  await run(
    trx,
    sql`
    insert into messages (account_id, mailing_id, contact_id, address_key, state, attempts, handed_over_at, answered_at, answer)
    select account_id, ${mailing_id}, contact_id, address_key, case when contact_id % 90 = 7 then 'bounced' else 'accepted' end, 1, at, at,
           case when contact_id % 90 = 7 then '554 5.7.1 message refused' else '250 2.0.0 ok' end
    from mailable_contacts, lateral (select now() - make_interval(days => ${daysAgo}) + contact_id % 240 * interval '1 second' as at) sent
    where account_id = ${accountId}`,
  )
  for (const [kind, share] of [
    ['opened', 38],
    ['clicked', 6],
  ] as const)
    await run(
      trx,
      sql`
      insert into responses (account_id, mailing_id, contact_id, kind, first_at)
      select account_id, mailing_id, contact_id, ${kind}, answered_at + contact_id % 600 * interval '1 minute'
      from messages where account_id = ${accountId} and mailing_id = ${mailing_id} and state = 'accepted'
        and (contact_id * 7919 + mailing_id) % 100 < ${share}`,
    )
  await run(
    trx,
    sql`
    insert into response_hours (account_id, mailing_id, hour, opened, clicked, opens, clicks, machine_opens)
    select account_id, mailing_id, hour, opened, clicked, opened, clicked, opened / 2
    from (select account_id, mailing_id, date_trunc('hour', first_at, 'UTC') as hour,
            count(*) filter (where kind = 'opened') as opened, count(*) filter (where kind = 'clicked') as clicked
          from responses where account_id = ${accountId} and mailing_id = ${mailing_id} group by 1, 2, 3) sums`,
  )
  return mailing_id
}

async function addOptOuts(
  trx: Trx,
  accountId: string,
  secret: Buffer,
  from: { winter: string; bulbs: string; oldShop: string },
) {
  const some = async (source: OptOutSource, remainder: number, mailingId: string | null) => {
    const found = await rows(
      trx,
      sql<{ address_key: Buffer }>`
      select address_key from mailable_contacts where account_id = ${accountId} and contact_id % 137 = ${remainder} order by contact_id`,
    )
    for (const { address_key } of found) await optOut(trx, accountId, [address_key], { source, mailingId })
  }
  await some('link', 21, from.winter)
  await some('one_click', 34, from.bulbs)
  await some('link', 55, from.bulbs)
  await some('preferences', 89, from.bulbs)
  await some('operator', 13, null)
  await sql`select from record_group_optouts(${accountId}, ${from.oldShop}, null, null, '{}'::jsonb)`.execute(trx)
  const unknown = ['former.reader@post.example', 'old.customer@mail.example'].map(readAddress).filter(isAddress)
  await optOut(
    trx,
    accountId,
    unknown.map((read) => addressKey(secret, read.optOutForm)),
    { source: 'api' },
  )
}
