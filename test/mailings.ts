import { setTimeout as pause } from 'node:timers/promises'
import { beforeEach, expect } from 'vitest'
import type { Finding, Mailing, MailingCheck } from '../src/mailings/mailing.contract.ts'
import { addressKey, isAddress, readAddress } from '../src/optouts/address.ts'
import { row, rows, run, sql } from '../src/platform/database.ts'
import { startProgram } from './program.ts'

/** The program with what tests of mailings need: a sound sender, groups of people, drafts. Names are fresh in each test. */
export async function startMailings() {
  const program = await startProgram()
  const { core, api, accountId } = program
  const { db } = core
  let round = 0

  beforeEach(async () => {
    round++
    await run(
      db,
      sql`
      update accounts set sender_name = 'Quiet Herons', sender_address = 'news@herons.example', language = 'en',
        postal_address = '4 Glasshouse Lane, Fernmoor FM1 2GH', contact_url = '' where account_id = ${accountId}`,
    )
  })

  /** The address of somebody in this test. */
  const name = (who: string) => `${who}${round}@post.example`

  function keyOf(address: string): Buffer {
    const read = readAddress(address)
    if (!isAddress(read)) throw new Error(`${address} is no address`)
    return addressKey(core.keys.address, read.optOutForm)
  }

  async function groupOf(people: string[], of = accountId): Promise<string> {
    const { group_id } = await row(
      db,
      sql<{ group_id: string }>`
      insert into groups (account_id, name) values (${of}, gen_random_uuid()::text) returning group_id`,
    )
    for (const who of people) await addTo(group_id, who, of)
    return group_id
  }

  async function addTo(groupId: string, who: string, of = accountId): Promise<string> {
    const { contact_id } = await row(
      db,
      sql<{ contact_id: string }>`
      insert into contacts (account_id, address, canonical, address_key, fields)
      values (${of}, ${name(who)}, ${name(who)}, ${keyOf(name(who))}, ${JSON.stringify({ first_name: who })}::jsonb)
      on conflict (account_id, canonical) do update set updated_at = now() returning contact_id`,
    )
    await run(
      db,
      sql`insert into group_members (account_id, group_id, contact_id) values (${of}, ${groupId}, ${contact_id})`,
    )
    return contact_id
  }

  async function draft(part: Record<string, unknown> = {}): Promise<Mailing> {
    const { status, body } = await api<Mailing>('POST', '/mailings', {
      name: 'Lanterns',
      subject: 'The glasshouse glows again',
      html: '<p>Dear {{ contact.first_name | default: "friend" }},</p>',
      ...part,
    })
    expect(status).toBe(201)
    return body
  }

  const get = async (id: string) => (await api<Mailing>('GET', `/mailings/${id}`)).body
  const check = async (id: string) => (await api<MailingCheck>('POST', `/mailings/${id}/check`)).body
  const stopsOf = ({ findings }: MailingCheck) => findings.filter(({ level }) => level === 'stops')
  const send = (id: string, body: unknown = {}) =>
    api<Mailing & { code?: string; message?: string; fields?: Finding[] }>('POST', `/mailings/${id}/send`, body)

  const messagesOf = (id: string) =>
    rows(
      db,
      sql<{ state: string; contact_id: string }>`
      select state, contact_id from messages where account_id = ${accountId} and mailing_id = ${id} order by message_id`,
    )

  /** Waits until the audience is frozen. */
  const started = (id: string) =>
    until(
      () => get(id),
      ({ startedAt }) => startedAt !== null,
    )

  return {
    program,
    core,
    api,
    accountId,
    db,
    name,
    keyOf,
    groupOf,
    addTo,
    draft,
    get,
    check,
    stopsOf,
    send,
    messagesOf,
    started,
    until,
  }
}

/** Looks until what it sees is there. */
async function until<Value>(look: () => Promise<Value>, isThere: (value: Value) => boolean): Promise<Value> {
  for (;;) {
    const value = await look()
    if (isThere(value)) return value
    await pause(20)
  }
}
