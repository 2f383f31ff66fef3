import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

const root = join(import.meta.dirname, '..')

function readReturn(files: Record<string, string>, more: string[] = []) {
  const folder = mkdtempSync(join(tmpdir(), 'last-word-return-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const given = [...Object.keys(files).map((name) => join(folder, name)), ...more]
  const { stdout, stderr, status } = spawnSync(process.execPath, ['bin/read-return.ts', ...given], {
    cwd: root,
    encoding: 'utf8',
  })
  return {
    lines: stdout
      .split('\n')
      .filter(Boolean)
      .map((line): unknown => JSON.parse(line)),
    stderr,
    status,
  }
}

const bounce = (address: string) =>
  `From: MAILER-DAEMON@mx.example\nSubject: failure notice\n\nHi. This is the qmail-send program at mx.example.\n\n<${address}>:\nSorry, no mailbox here by that name. (#5.1.1)\n`

test('the command says what each file means, mboxes too, and goes on after a file that is not there', () => {
  const mbox = ['ann', 'bob']
    .map((name) => `From MAILER-DAEMON Thu Apr 29 23:34:45 2015\n${bounce(`${name}@post.example`)}`)
    .join('\n')
  const { lines, stderr, status } = readReturn(
    {
      'one.eml': bounce('ann@post.example'),
      'two.mbox': mbox,
      'out.eml': `To: u+${'a'.repeat(58)}@returns.example\nSubject: \n\n`,
    },
    ['/nowhere.eml'],
  )
  const dead = { status: '5.1.1', reply: '', reason: 'unknown_user', outcome: 'hard' }
  expect(lines).toMatchObject([
    { kind: 'bounce', recipients: [{ address: 'ann@post.example', ...dead }] },
    {
      kind: 'bounce',
      recipients: [
        { address: 'ann@post.example', ...dead },
        { address: 'bob@post.example', ...dead },
      ],
    },
    { kind: 'opt_out', recipients: [] },
  ])
  expect(stderr).toContain('/nowhere.eml cannot be read')
  expect(status).toBe(1)
})
