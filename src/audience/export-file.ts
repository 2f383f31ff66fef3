import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Core } from '../platform/core.ts'
import { rows, run, sql } from '../platform/database.ts'
import type { JobContext } from '../platform/jobs.ts'

export const exportFolder = ({ config }: Pick<Core, 'config'>) => join(config.dataDir, 'exports')

/** A name comes from randomUUID and from nowhere else. */
export const exportPath = (core: Pick<Core, 'config'>, name: string) => join(exportFolder(core), name)

/** Deletes the files of exports whose time is over: a day after they were made, or when somebody in them was erased. */
export async function dropExports(core: Core, { db, accountId }: JobContext): Promise<void> {
  const over = await rows(
    db,
    sql<{ export_id: string; path: string }>`
    select export_id, path from exports
    where account_id = ${accountId} and path is not null and expires_at <= clock_timestamp()`,
  )
  for (const { export_id, path } of over) {
    await rm(exportPath(core, path), { force: true })
    await run(db, sql`update exports set path = null where account_id = ${accountId} and export_id = ${export_id}`)
  }
}
