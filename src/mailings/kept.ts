import type { Caller } from '../accounts/caller.ts'
import { type Db, row, rows, run, sql } from '../platform/database.ts'
import { DomainError, violatedConstraint } from '../platform/errors.ts'
import type { Block, MailingSource } from './blocks.contract.ts'
import type { MailingErrorCode } from './errors.ts'
import type { KeptBlock, Template } from './kept.contract.ts'

type Kind = 'template' | 'block'
type KeptRow<Content> = { design_id: string; name: string; content: Content; created_at: Date }
const MOST = 500

/** The account's own templates by name. */
export async function listTemplates(db: Db, accountId: string): Promise<Template[]> {
  return (await kept<MailingSource>(db, accountId, 'template')).map(asTemplate)
}

/** The blocks that the account keeps, by name. */
export async function listBlocks(db: Db, accountId: string): Promise<KeptBlock[]> {
  return (await kept<Block>(db, accountId, 'block')).map(asBlock)
}

/** @throws DomainError template.exists */
export const keepTemplate = async (db: Db, caller: Caller, name: string, source: MailingSource) =>
  asTemplate(await keep(db, caller, 'template', name, source))

/** @throws DomainError template.exists */
export const keepBlock = async (db: Db, caller: Caller, name: string, block: Block) =>
  asBlock(await keep(db, caller, 'block', name, block))

/** Forgets a template or block; mailings made from it stay as they are. @throws DomainError template.not_found */
export async function forgetKept(db: Db, accountId: string, kind: Kind, id: string): Promise<void> {
  const gone = await run(
    db,
    sql`delete from kept_designs where account_id = ${accountId} and design_id = ${id} and kind = ${kind}`,
  )
  if (gone === 0) throw new DomainError<MailingErrorCode>('template.not_found', `There is no such ${kind}.`)
}

async function keep<Content>(db: Db, caller: Caller, kind: Kind, name: string, content: Content) {
  try {
    return await row(
      db,
      sql<KeptRow<Content>>`
      insert into kept_designs (account_id, kind, name, content, created_by)
      values (${caller.accountId}, ${kind}, ${name}, ${JSON.stringify(content)}::jsonb, ${caller.userId})
      returning design_id, name, content, created_at`,
    )
  } catch (error) {
    if (!violatedConstraint(error)) throw error
    throw new DomainError<MailingErrorCode>('template.exists', `There is a ${kind} named “${name}” already.`)
  }
}

const kept = <Content>(db: Db, accountId: string, kind: Kind) =>
  rows(
    db,
    sql<KeptRow<Content>>`
    select design_id, name, content, created_at from kept_designs
    where account_id = ${accountId} and kind = ${kind} order by lower(name), design_id limit ${MOST}`,
  )

const asTemplate = ({ design_id, name, content, created_at }: KeptRow<MailingSource>): Template => ({
  id: design_id,
  name,
  source: content,
  createdAt: created_at.toISOString(),
})

const asBlock = ({ design_id, name, content, created_at }: KeptRow<Block>): KeptBlock => ({
  id: design_id,
  name,
  block: content,
  createdAt: created_at.toISOString(),
})
