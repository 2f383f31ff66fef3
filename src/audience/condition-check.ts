import type { RawBuilder } from 'kysely'
import { type Db, rows, sql } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import type { Condition } from './condition.contract.ts'
import { canonicalOf, domainOf, fieldTypes } from './condition.ts'
import { type FieldType, fieldProblem } from './condition-field.ts'
import type { AudienceErrorCode } from './errors.ts'

type Problem = { path: string; message: string }
/** A condition without others in it, and where it stands: /of/0/of/2. */
type Part = { path: string; part: Condition }

/**
 * Checks that everything a condition names is the account's and fits.
 *
 * @param root the path of the condition in what was asked, such as /condition
 * @throws DomainError condition.invalid with a path and a sentence for each problem
 */
export async function checkCondition(db: Db, accountId: string, condition: Condition, root = ''): Promise<void> {
  const parts = partsOf(condition, root)
  const types = parts.some(({ part }) => part.type === 'field')
    ? await fieldTypes(db, accountId)
    : new Map<string, FieldType>()
  const problems = parts.flatMap((part) => ownProblem(part, types) ?? [])
  for (const kind of kinds) problems.push(...(await missing(db, accountId, parts, kind)))
  const [first] = problems
  if (!first) return
  throw new DomainError<AudienceErrorCode>('condition.invalid', first.message, { fields: problems })
}

function partsOf(condition: Condition, path: string): Part[] {
  if (condition.type === 'not') return partsOf(condition.of, `${path}/of`)
  if (condition.type !== 'all' && condition.type !== 'any') return [{ path, part: condition }]
  return condition.of.flatMap((part, place) => partsOf(part, `${path}/of/${place}`))
}

function ownProblem({ path, part }: Part, types: Map<string, FieldType>): Problem | null {
  if (part.type === 'field') {
    const type = types.get(part.field)
    if (!type) return { path: `${path}/field`, message: 'Choose a field.' }
    const problem = fieldProblem(type, part)
    return problem && { path: path + problem.path, message: problem.message }
  }
  if (part.type === 'address') return addressProblem(part, path)
  if (part.type === 'status' && part.status === 'active' && part.when)
    return { path: `${path}/when`, message: 'Active is not since a time. Leave it out, or choose Error or Opt-Out.' }
  return null
}

function addressProblem({ op, values }: Extract<Condition, { type: 'address' }>, path: string): Problem | null {
  const wrong = values.find(
    (value) =>
      value.trim() === '' ||
      !value.isWellFormed() ||
      value.includes('\0') ||
      (op === 'is' && canonicalOf(value) === null) ||
      (op === 'domain_is' && domainOf(value) === null),
  )
  if (wrong === undefined) return null
  const what = { is: 'an address', domain_is: 'a domain, such as post.example', contains: '', begins_with: '' }[op]
  return { path: `${path}/values`, message: `Enter ${what || 'a part of an address'}.` }
}

type Kind = {
  message: string
  key: string
  idOf: (part: Condition) => string | undefined
  table: RawBuilder<unknown>
  id: RawBuilder<unknown>
}

const kinds: Kind[] = [
  {
    message: 'Choose a group.',
    key: 'groupId',
    idOf: (part) => (part.type === 'group' ? part.groupId : undefined),
    table: sql`groups`,
    id: sql`group_id`,
  },
  {
    message: 'Choose a topic.',
    key: 'topicId',
    idOf: (part) => (part.type === 'topic' ? part.topicId : undefined),
    table: sql`topics`,
    id: sql`topic_id`,
  },
  {
    message: 'Choose an import.',
    key: 'importId',
    idOf: (part) => (part.type === 'import' ? part.importId : undefined),
    table: sql`imports`,
    id: sql`import_id`,
  },
  {
    message: 'Choose a mailing.',
    key: 'mailingId',
    idOf: (part) => (part.type === 'mailing' ? part.mailingId : undefined),
    table: sql`mailings`,
    id: sql`mailing_id`,
  },
]

async function missing(
  db: Db,
  accountId: string,
  parts: Part[],
  { message, key, idOf, table, id }: Kind,
): Promise<Problem[]> {
  const named = parts.flatMap(({ path, part }) => {
    const given = idOf(part)
    return given === undefined ? [] : [{ path: `${path}/${key}`, given }]
  })
  if (named.length === 0) return []
  const found = await rows(
    db,
    sql<{ id: string }>`
    select ${id} as id from ${table} where account_id = ${accountId} and ${id} = any (${named.map(({ given }) => given)}::bigint[])`,
  )
  const there = new Set(found.map((one) => one.id))
  return named.filter(({ given }) => !there.has(given)).map(({ path }) => ({ path, message }))
}
