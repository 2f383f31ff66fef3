// Writes schema.sql, the whole schema as the migrations leave it: node bin/schema.ts. A test fails when it is stale.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase } from '../src/platform/database.ts'
import { startEmbedded } from '../src/platform/embedded.ts'
import { migrate } from '../src/platform/migrate.ts'
import { describeSchema } from '../src/platform/schema.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'last-word-schema-'))
chmodSync(dataDir, 0o711) // as root, the server's own user must enter
const server = await startEmbedded(dataDir)
await migrate(server.url)
const database = openDatabase(server.url, { role: null })
writeFileSync(new URL('../schema.sql', import.meta.url), await describeSchema(database.db))
await database.close()
await server.stop()
rmSync(dataDir, { recursive: true, force: true })
