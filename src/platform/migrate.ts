import { readdirSync, readFileSync } from 'node:fs'
import { runMigrations } from 'graphile-worker'
import { type Migration, Migrator } from 'kysely/migration'
import { type Db, openDatabase, RUNTIME_ROLE, sql } from './database.ts'

const folder = new URL('../../migrations/', import.meta.url)

/**
 * Brings the schema at `url` up to date, forward only; safe to call from several processes at once.
 *
 * @param url of a role that owns the schema
 * @throws the database's error, with the migration's name in its message; nothing of that migration stays
 */
export async function migrate(url: string): Promise<void> {
  const { db, pool, close } = openDatabase(url, { connections: 3, role: null })
  try {
    const migrator = new Migrator({ db, provider: { getMigrations: async () => readMigrations() } })
    const { error, results } = await migrator.migrateToLatest()
    if (error) {
      const failed = results?.find((result) => result.status === 'Error')?.migrationName
      throw new Error(
        `migration ${failed ?? ''} failed: ${error instanceof Error ? error.message : 'for an unknown reason'}`,
        {
          cause: error,
        },
      )
    }
    await runMigrations({ pgPool: pool })
    await allowJobs(db)
  } finally {
    await close()
  }
}

function readMigrations(): Record<string, Migration> {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
  return Object.fromEntries(
    files.map((file) => [
      file.replace('.sql', ''),
      {
        up: (db) =>
          sql
            .raw(readFileSync(new URL(file, folder), 'utf8'))
            .execute(db)
            .then(() => undefined),
      },
    ]),
  )
}

/** The runtime role takes and finishes jobs. */
async function allowJobs(db: Db) {
  for (const statement of [
    `grant usage on schema graphile_worker to ${RUNTIME_ROLE}`,
    `grant select, insert, update, delete on all tables in schema graphile_worker to ${RUNTIME_ROLE}`,
    `grant usage, select on all sequences in schema graphile_worker to ${RUNTIME_ROLE}`,
    `grant execute on all functions in schema graphile_worker to ${RUNTIME_ROLE}`,
  ])
    await sql.raw(statement).execute(db)
  // Its tables have row-level security without policies, which lets nobody but their owner in.
  await sql
    .raw(`
    do $$
    declare secured text;
    begin
      for secured in
        select format('%I.%I', schemaname, tablename) from pg_tables
        where schemaname = 'graphile_worker' and rowsecurity
          and not exists (select from pg_policies policy where policy.schemaname = pg_tables.schemaname
                          and policy.tablename = pg_tables.tablename and policy.policyname = '${RUNTIME_ROLE}')
      loop
        execute format('create policy ${RUNTIME_ROLE} on %s to ${RUNTIME_ROLE} using (true) with check (true)', secured);
      end loop;
    end $$`)
    .execute(db)
}
