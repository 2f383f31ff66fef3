// One server a run, one migrated template on it; each test file clones the template (test/database.ts).
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { startEmbedded } from '../src/platform/embedded.ts'
import { migrate } from '../src/platform/migrate.ts'
import { databaseNamed } from './database-url.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of the migrated template database. */
    templateUrl: string
  }
}

export async function setup(project: TestProject) {
  const given = process.env.TEST_DATABASE_URL
  const dataDir = mkdtempSync(join(tmpdir(), 'last-word-test-'))
  chmodSync(dataDir, 0o711) // so that, as root, the server's own user may enter and nothing is left elsewhere
  const server = given ? null : await startEmbedded(dataDir)
  const serverUrl = given ?? server?.url ?? ''
  const name = `lastword_template_${process.pid}`
  const admin = new pg.Client({ connectionString: serverUrl })
  await admin.connect()
  await admin.query(`create database ${name}`)
  const templateUrl = databaseNamed(serverUrl, name)
  await migrate(templateUrl)
  project.provide('templateUrl', templateUrl)
  return async () => {
    await admin.query(`drop database if exists ${name} with (force)`)
    await admin.end()
    await server?.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}
