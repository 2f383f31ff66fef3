import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { freshDatabase } from '../../test/database.ts'
import { describeSchema } from './schema.ts'

const { asOwner } = await freshDatabase()

// Another version of PostgreSQL words the same views otherwise.
test.skipIf(process.env['TEST_DATABASE_URL'])(
  'schema.sql shows the schema that the migrations make (else: node bin/schema.ts)',
  async () => {
    const written = readFileSync(new URL('../../schema.sql', import.meta.url), 'utf8')
    expect(await describeSchema(asOwner.db)).toBe(written)
  },
)

test('the schema can be described on every version of PostgreSQL', async () => {
  const text = await describeSchema(asOwner.db)
  expect(text).toContain('create table optout_ledger (')
  expect(text).not.toMatch(/grant [^;]*(insert|update|delete)[^;]* on (optout_ledger|standing_optouts) /)
})
