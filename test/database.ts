import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, inject } from 'vitest'
import { type Database, openDatabase } from '../src/platform/database.ts'
import { databaseNamed } from './database-url.ts'

export type TestDatabase = Database & {
  /** Runtime role; for programs that a test starts. */
  url: string
  /** A pool as the owner of the schema, for arranging what the runtime role may not. */
  asOwner: Database
}

/** A database of this test file's own, migrated and empty; gone after its tests. Real PostgreSQL, as in production. */
export async function freshDatabase(): Promise<TestDatabase> {
  const templateUrl = inject('templateUrl')
  const template = new URL(templateUrl).pathname.slice(1)
  const name = `lastword_test_${randomBytes(6).toString('hex')}`
  const admin = new pg.Client({ connectionString: databaseNamed(templateUrl, 'postgres') })
  await admin.connect()
  await admin.query(`create database ${name} template ${template}`)
  const url = databaseNamed(templateUrl, name)
  const database = openDatabase(url)
  const asOwner = openDatabase(url, { role: null, connections: 3 })
  afterAll(async () => {
    await database.close()
    await asOwner.close()
    await admin.query(`drop database if exists ${name} with (force)`)
    await admin.end()
  })
  return { ...database, url, asOwner }
}
