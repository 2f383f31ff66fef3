import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { freshDatabase } from '../../test/database.ts'
import { readAddress } from '../optouts/address.ts'
import { optOut } from '../optouts/optout.ts'
import { row, rows, run, sql } from '../platform/database.ts'
import {
  type Condition,
  condition as conditionSchema,
  type FieldOperator,
  fieldOperators,
  type When,
} from './condition.contract.ts'
import { compileCondition } from './condition.ts'
import { checkCondition } from './condition-check.ts'
import { anniversaries } from './condition-time.ts'

const { db } = await freshDatabase()
const NOW = new Date('2026-02-27T23:30:00Z') // already 28 February in Auckland
const ZONE = 'Pacific/Auckland'
const TODAY = '2026-02-28'

type Value = string | number | boolean | string[]
/** What a contact is, as the evaluator below sees it. */
type Person = {
  id: string
  address: string
  fields: { [name: string]: Value | undefined }
  source: string
  added: Date
  changed: Date
  optedOut: Date | null
  failed: Date | null
  groups: string[]
  topics: string[]
  importId: string | null
  did: { what: string; mailingId: string; at: Date }[]
}

let accountId: string
let ids: { groups: string[]; topics: string[]; imports: string[]; mailings: string[] }

beforeAll(async () => {
  const made = await row(
    db,
    sql<{ account_id: string }>`
    with organization as (insert into organizations (name) values ('Herons') returning organization_id)
    insert into accounts (organization_id, name, time_zone) select organization_id, 'Herons', ${ZONE} from organization returning account_id`,
  )
  accountId = made.account_id
  const types = Object.keys(fieldOperators)
  await run(
    db,
    sql`insert into fields (account_id, name, label, type) select ${accountId}, 'f_' || type, type, type from unnest(${types}::text[]) type`,
  )
  const make = async (insert: ReturnType<typeof sql<{ id: string }>>) => (await rows(db, insert)).map(({ id }) => id)
  ids = {
    groups: await make(
      sql`insert into groups (account_id, name) values (${accountId}, 'A'), (${accountId}, 'B') returning group_id as id`,
    ),
    topics: await make(
      sql`insert into topics (account_id, name) values (${accountId}, 'A'), (${accountId}, 'B') returning topic_id as id`,
    ),
    imports: await make(
      sql`insert into imports (account_id, file_name) values (${accountId}, 'a.csv') returning import_id as id`,
    ),
    mailings: await make(
      sql`insert into mailings (account_id, name) values (${accountId}, 'A'), (${accountId}, 'B') returning mailing_id as id`,
    ),
  }
})

// The moments are whole milliseconds around the borders of days in Auckland (UTC+13).
const moment = fc
  .tuple(fc.integer({ min: -40, max: 1 }), fc.constantFrom('10:59:59.999', '11:00:00.000', '23:30:00.000'))
  .map(([days, time]) => new Date(Date.parse(`2026-02-27T${time}Z`) + days * 86_400_000))
const word = fc.constantFrom('a', 'A', 'Ärger', 'äRGER', 'MOOR', 'Fernmoor', '50%_\\', "O'Hara", '"q"', 'яблоко', 'Я')
const day = fc.constantFrom(
  '2026-02-28',
  '2026-02-27',
  '2026-03-01',
  '2026-03-09',
  '2024-02-29',
  '1990-12-31',
  '1990-01-01',
  '2025-02-28',
)
const number = fc.constantFrom(0, 1, -1, 2.5, 1e21, 10)
const values: Record<string, fc.Arbitrary<Value>> = {
  short: word,
  long: word,
  number,
  date: day,
  one_of: word,
  several_of: fc.uniqueArray(word, { maxLength: 3 }),
  yes_no: fc.boolean(),
}

const within = <Item>(all: Item[]) => fc.subarray(all)
const person = () =>
  fc.record({
    name: fc.constantFrom('ann', 'Bert.Moor', 'moor', 'ÄNNE'),
    domain: fc.constantFrom('post.example', 'WEB.example', 'büro.example'),
    fields: fc.record(Object.fromEntries(Object.entries(values).map(([type, value]) => [`f_${type}`, value])), {
      requiredKeys: [],
    }),
    source: fc.constantFrom('operator', 'api', 'import', 'form'),
    added: moment,
    changed: moment,
    failed: fc.option(moment),
    leaves: fc.boolean(),
    groups: within(ids.groups),
    topics: within(ids.topics),
    importId: fc.option(fc.constantFrom(...ids.imports)),
    did: fc.uniqueArray(
      fc.record({
        what: fc.constantFrom('received', 'opened', 'clicked', 'opted_out', 'bounced'),
        mailingId: fc.constantFrom(...ids.mailings),
        at: moment,
      }),
      // One message a mailing is received or bounced, not both.
      { maxLength: 4, selector: ({ what, mailingId }) => `${what === 'bounced' ? 'received' : what}${mailingId}` },
    ),
  })

const iso = moment.map((at) => at.toISOString())
const days = fc.constantFrom(1, 2, 10, 30, 366, 36_500)
const when: fc.Arbitrary<When> = fc.oneof(
  fc.record({ op: fc.constantFrom('before' as const, 'after' as const), at: iso }),
  fc.record({ op: fc.constant('between' as const), from: iso, to: iso }),
  fc.record({ op: fc.constantFrom('in_last' as const, 'not_in_last' as const), days }),
)
const maybe = <Key extends string, Item>(key: Key, item: fc.Arbitrary<Item>) =>
  fc.record({ [key]: item }, { requiredKeys: [] })

const fieldCondition = fc.constantFrom(...Object.entries(fieldOperators)).chain(([type, operators]) =>
  fc.constantFrom<FieldOperator>(...operators).chain((op) => {
    const one: fc.Arbitrary<Value> = type === 'several_of' ? word : (values[type] ?? word)
    const given: fc.Arbitrary<Value[]> = op.endsWith('empty')
      ? fc.constant([])
      : op.startsWith('in_') || op.startsWith('anniversary')
        ? days.map((n) => [n])
        : op === 'between'
          ? fc.tuple(one, one).map(([x, y]) => (x > y ? [y, x] : [x, y]))
          : op.endsWith('_of')
            ? fc.array(one, { minLength: 1, maxLength: 3 })
            : one.map((value) => [value])
    return given.map((values) => ({ type: 'field', field: `f_${type}`, op, values }))
  }),
)

const leaf = () =>
  fc.oneof(
    { arbitrary: fieldCondition, weight: 6 },
    fc.record({
      type: fc.constant('address'),
      op: fc.constantFrom('contains', 'begins_with'),
      values: fc.array(fc.constantFrom('a', 'MOOR', 'web', 'ä'), { minLength: 1, maxLength: 2 }),
    }),
    fc.record({
      type: fc.constant('address'),
      op: fc.constant('domain_is'),
      values: fc.array(fc.constantFrom('WEB.example', '@büro.example', 'xn--bro-hoa.example'), {
        minLength: 1,
        maxLength: 2,
      }),
    }),
    fc.record({ type: fc.constant('status'), status: fc.constantFrom('active', 'error', 'opt_out') }),
    fc.record({ type: fc.constant('status'), status: fc.constant('error'), when }),
    fc.record({ type: fc.constant('group'), groupId: fc.constantFrom(...ids.groups) }),
    fc.record({ type: fc.constant('topic'), topicId: fc.constantFrom(...ids.topics) }),
    fc.record({ type: fc.constant('source'), source: fc.constantFrom('operator', 'api', 'import', 'form') }),
    fc.record({ type: fc.constant('import'), importId: fc.constantFrom(...ids.imports) }),
    fc.record({ type: fc.constantFrom('added', 'changed'), when }),
    fc
      .tuple(
        fc.constantFrom('received', 'opened', 'clicked', 'opted_out', 'bounced'),
        maybe('mailingId', fc.constantFrom(...ids.mailings)),
        maybe('when', when),
      )
      // The ledger notes the present time by itself, so its time is not among what is invented here.
      .map(([did, mailing, time]) => ({ type: 'mailing', did, ...mailing, ...(did === 'opted_out' ? {} : time) })),
  )

const anyCondition = () =>
  fc
    .letrec<{ node: unknown }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        leaf(),
        fc.record({ type: fc.constantFrom('all', 'any'), of: fc.array(tie('node'), { maxLength: 3 }) }),
        fc.record({ type: fc.constant('not'), of: tie('node') }),
      ),
    }))
    .node.map((made) => conditionSchema.parse(made))

/** The same question, answered in plain JavaScript. */
function finds(condition: Condition, who: Person): boolean {
  switch (condition.type) {
    case 'all':
      return condition.of.every((part) => finds(part, who))
    case 'any':
      return condition.of.some((part) => finds(part, who))
    case 'not':
      return !finds(condition.of, who)
    case 'field':
      return fieldFinds(condition.op, condition.values, who.fields[condition.field])
    case 'address': {
      const address = who.address.toLowerCase()
      const domain = (text: string) => canonical(`x@${text.replace('@', '')}`).split('@')[1]
      if (condition.op === 'domain_is')
        return condition.values.some((value) => canonical(who.address).endsWith(`@${domain(value)}`))
      return condition.values.some((value) =>
        condition.op === 'contains' ? address.includes(value.toLowerCase()) : address.startsWith(value.toLowerCase()),
      )
    }
    case 'status':
      if (condition.status === 'opt_out') return who.optedOut !== null
      if (condition.status === 'active') return !who.optedOut && !who.failed
      return !who.optedOut && who.failed !== null && (!condition.when || inTime(condition.when, who.failed))
    case 'group':
      return who.groups.includes(condition.groupId)
    case 'topic':
      return who.topics.includes(condition.topicId)
    case 'source':
      return who.source === condition.source
    case 'import':
      return who.importId === condition.importId
    case 'added':
      return inTime(condition.when, who.added)
    case 'changed':
      return inTime(condition.when, who.changed)
    case 'mailing':
      return who.did.some(
        ({ what, mailingId, at }) =>
          what === condition.did &&
          (!condition.mailingId || mailingId === condition.mailingId) &&
          (!condition.when || inTime(condition.when, at)),
      )
  }
}

const canonical = (address: string) => {
  const read = readAddress(address)
  return 'canonical' in read ? read.canonical : ''
}

/** Auckland is 13 hours ahead in all of these days. */
const dayInAuckland = (at: Date) => new Date(at.getTime() + 13 * 3_600_000).toISOString().slice(0, 10)
const daysBetween = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 86_400_000

function inTime(when: When, at: Date): boolean {
  if (when.op === 'before') return at < new Date(when.at)
  if (when.op === 'after') return at >= new Date(when.at)
  if (when.op === 'between') return at >= new Date(when.from) && at < new Date(when.to)
  return daysBetween(dayInAuckland(at), TODAY) < when.days === (when.op === 'in_last')
}

function fieldFinds(op: FieldOperator, values: readonly Value[], value: Value | undefined): boolean {
  const isEmpty = value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
  if (op === 'is_empty') return isEmpty
  if (op === 'is_not_empty') return !isEmpty
  if (op === 'is_not') return !fieldFinds('is', values, value)
  if (op === 'none_of') return !fieldFinds('any_of', values, value)
  if (op === 'does_not_contain') return !fieldFinds('contains', values, value)
  if (isEmpty) return false
  const fold = (one: unknown) => (typeof one === 'string' ? one.toLowerCase() : one)
  const given = values.map(fold)
  const [first, second] = given
  if (Array.isArray(value)) {
    const chosen = value.map(fold)
    return op === 'all_of' ? given.every((one) => chosen.includes(one)) : given.some((one) => chosen.includes(one))
  }
  const own = fold(value)
  if (op === 'any_of') return given.includes(own)
  if (op === 'contains') return String(own).includes(String(first))
  if (op === 'begins_with') return String(own).startsWith(String(first))
  if (op === 'ends_with') return String(own).endsWith(String(first))
  if (op === 'less_than') return Number(own) < Number(first)
  if (op === 'more_than') return Number(own) > Number(first)
  if (op === 'before') return String(own) < String(first)
  if (op === 'after') return String(own) > String(first)
  if (op === 'between')
    return typeof own === 'number'
      ? own >= Number(first) && own <= Number(second)
      : String(own) >= String(first) && String(own) <= String(second)
  const ahead = daysBetween(TODAY, String(own))
  if (op === 'in_last') return ahead <= 0 && -ahead < Number(first)
  if (op === 'in_next') return ahead >= 0 && ahead < Number(first)
  if (op === 'anniversary_in_next') return daysToAnniversary(String(own)) < Number(first)
  return own === first
}

function daysToAnniversary(born: string): number {
  for (let ahead = 0; ; ahead++) {
    const date = new Date(Date.parse(TODAY) + ahead * 86_400_000)
    const year = date.getUTCFullYear()
    const isLeap = new Date(Date.UTC(year, 1, 29)).getUTCMonth() === 1
    const feast = born.endsWith('-02-29') && !isLeap ? `${year}-02-28` : `${year}${born.slice(4)}`
    if (date.toISOString().startsWith(feast)) return ahead
  }
}

let people = 0
async function add(
  made: Omit<Person, 'id' | 'address' | 'optedOut'> & { name: string; domain: string; leaves: boolean },
): Promise<Person> {
  const address = `${made.name}.${++people}@${made.domain}`
  const { contact_id: id, address_key: key } = await row(
    db,
    sql<{ contact_id: string; address_key: Buffer }>`
    insert into contacts (account_id, address, canonical, address_key, fields, source, import_id, created_at, updated_at)
    values (${accountId}, ${address}, ${canonical(address)}, substr(sha256(convert_to(${address}, 'UTF8')), 1, 16),
            ${JSON.stringify(made.fields)}::jsonb, ${made.source}, ${made.importId}, ${made.added}, ${made.changed})
    returning contact_id, address_key`,
  )
  if (made.failed)
    await run(
      db,
      sql`insert into contact_errors (account_id, contact_id, reason, at) values (${accountId}, ${id}, 'delivery', ${made.failed})`,
    )
  for (const group of made.groups)
    await run(
      db,
      sql`insert into group_members (account_id, group_id, contact_id) values (${accountId}, ${group}, ${id})`,
    )
  // One who left a topic did not choose it.
  for (const topic of ids.topics)
    await run(
      db,
      sql`insert into contact_topics (account_id, contact_id, topic_id, chosen) values (${accountId}, ${id}, ${topic}, ${made.topics.includes(topic)})`,
    )
  for (const { what, mailingId, at } of made.did) {
    if (what === 'opened' || what === 'clicked')
      await run(
        db,
        sql`insert into responses (account_id, mailing_id, contact_id, kind, first_at) values (${accountId}, ${mailingId}, ${id}, ${what}, ${at})`,
      )
    else if (what !== 'opted_out')
      await run(
        db,
        sql`insert into messages (account_id, mailing_id, contact_id, address_key, state, answered_at)
            values (${accountId}, ${mailingId}, ${id}, ${key}, ${what === 'received' ? 'accepted' : 'bounced'}, ${at})`,
      )
  }
  for (const { mailingId } of made.did.filter(({ what }) => what === 'opted_out'))
    await optOut(db, accountId, [key], { source: 'link', mailingId })
  if (made.leaves) await optOut(db, accountId, [key], { source: 'api' })
  const isOut = made.leaves || made.did.some(({ what }) => what === 'opted_out')
  return { ...made, id, address, optedOut: isOut ? NOW : null }
}

async function found(condition: Condition): Promise<string[]> {
  const where = await compileCondition(db, accountId, condition, NOW)
  const all = await rows(
    db,
    sql<{ contact_id: string; found: boolean | null }>`
    select contact.contact_id, ${where} as found from contacts contact where contact.account_id = ${accountId} order by contact.contact_id`,
  )
  expect(all.every((one) => one.found !== null)).toBe(true)
  return all.filter((one) => one.found).map(({ contact_id }) => contact_id)
}

test('a condition finds in the database whom it finds in plain words', async () => {
  const everybody: Person[] = []
  for (const made of fc.sample(person(), { numRuns: 150, seed: 7 })) everybody.push(await add(made))
  await fc.assert(
    fc.asyncProperty(anyCondition(), async (condition) => {
      await checkCondition(db, accountId, condition)
      const expected = everybody.filter((who) => finds(condition, who)).map(({ id }) => id)
      expect(await found(condition)).toEqual(expected)
    }),
    { numRuns: Number(process.env.CONDITION_RUNS ?? 400) },
  )
}, 300_000)

test('an address is found in any of its spellings, and an opt-out by its time', async () => {
  const made = {
    fields: {},
    source: 'api',
    added: NOW,
    changed: NOW,
    failed: null,
    groups: [],
    topics: [],
    importId: null,
    did: [],
  }
  const who = await add({ ...made, name: 'Only.One', domain: 'büro.example', leaves: true })
  const spelled = who.address.toUpperCase().replace('BÜRO', 'xn--bro-hoa')
  expect(await found({ type: 'address', op: 'is', values: ['nobody@post.example', spelled] })).toEqual([who.id])
  const isOut = (when: When) =>
    found({
      type: 'all',
      of: [
        { type: 'status', status: 'opt_out', when },
        { type: 'address', op: 'is', values: [who.address] },
      ],
    })
  expect(await isOut({ op: 'after', at: '2026-01-01T00:00:00Z' })).toEqual([who.id])
  expect(await isOut({ op: 'before', at: '2026-01-01T00:00:00Z' })).toEqual([])
})

test('birthdays are found across new year and on 29 February', () => {
  expect(anniversaries('2026-12-30', 4)).toEqual(['12-30', '12-31', '01-01', '01-02'])
  expect(anniversaries('2026-02-27', 3)).toEqual(['02-27', '02-28', '02-29', '03-01'])
  expect(anniversaries('2028-02-28', 1)).toEqual(['02-28'])
  expect(anniversaries('2028-02-28', 2)).toEqual(['02-28', '02-29'])
  expect(anniversaries('2026-06-01', 366)).toHaveLength(366)
})

const field = (type: string, op: FieldOperator, ...values: (string | number | boolean)[]): Condition => ({
  type: 'field',
  field: `f_${type}`,
  op,
  values,
})
test.each<[Condition, string, string]>([
  [{ type: 'field', field: 'nothing', op: 'is', values: ['x'] }, '/field', 'Choose a field.'],
  [field('number', 'contains', 1), '/op', 'Choose a comparison that fits this field.'],
  [field('number', 'is', '1'), '/values', 'Enter a number.'],
  [field('number', 'between', 2, 1), '/values', 'Enter the smaller one first.'],
  [field('number', 'between', 2), '/values', 'Enter a number.'],
  [field('date', 'is', '2026-02-30'), '/values', 'Enter a date.'],
  [field('date', 'in_next', 0), '/values', 'Enter a number of days from 1 to 36,500.'],
  [field('short', 'is', ''), '/values', 'Enter what to compare with.'],
  [field('short', 'is', 'a', 'b'), '/values', 'Enter what to compare with.'],
  [field('short', 'contains', 'a\u0000b'), '/values', 'Enter what to compare with.'],
  [field('several_of', 'all_of'), '/values', 'Choose an option.'],
  [field('yes_no', 'is', 'yes'), '/values', 'Choose yes or no.'],
  [field('short', 'is_empty', 'x'), '/values', 'There is nothing to compare with here.'],
  [{ type: 'address', op: 'is', values: ['ann'] }, '/values', 'Enter an address.'],
  [{ type: 'address', op: 'contains', values: [' '] }, '/values', 'Enter a part of an address.'],
  [{ type: 'topic', topicId: '999' }, '/topicId', 'Choose a topic.'],
  [{ type: 'import', importId: '999' }, '/importId', 'Choose an import.'],
  [{ type: 'mailing', did: 'opened', mailingId: '999' }, '/mailingId', 'Choose a mailing.'],
  [
    { type: 'status', status: 'active', when: { op: 'in_last', days: 1 } },
    '/when',
    'Active is not since a time. Leave it out, or choose Error or Opt-Out.',
  ],
])('what cannot be meant is refused with its place and a sentence: %j', async (part, path, message) => {
  const refused = checkCondition(db, accountId, { type: 'all', of: [{ type: 'not', of: part }] }, '/condition')
  await expect(refused).rejects.toMatchObject({
    code: 'condition.invalid',
    message,
    fields: [{ path: `/condition/of/0/of${path}`, message }],
  })
})

test('text in a condition is only ever compared', async () => {
  const everybody = (await found({ type: 'all', of: [] })).length
  for (const text of ["'; drop table contacts; --", '$1', '%', '\\', '{}'])
    for (const op of ['is', 'contains', 'begins_with', 'ends_with', 'any_of'] as const)
      await found(field('short', op, text))
  expect(await found({ type: 'all', of: [] })).toHaveLength(everybody)
})
