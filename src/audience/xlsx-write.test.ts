import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { strFromU8, unzipSync } from 'fflate'
import { expect, test } from 'vitest'
import { type Cell, xlsxWriter } from './xlsx-write.ts'

function book(names: string[], rows: Cell[][], sheetRows?: number): Buffer {
  const parts: Uint8Array[] = []
  const writer = xlsxWriter(names, (bytes) => parts.push(bytes), sheetRows)
  writer.rows(rows)
  writer.end()
  return Buffer.concat(parts)
}

test('numbers and dates are that, everything else is text, also what looks like a formula (IM-10)', () => {
  const files = unzipSync(
    book(
      ['Email', '=cmd'],
      [
        ['a@post.example', '=1+1'],
        [12.5, { day: '2026-11-24' }],
        [new Date('2026-11-24T12:00:00Z'), null],
      ],
    ),
  )
  const sheet = strFromU8(files['xl/worksheets/sheet1.xml'] ?? new Uint8Array())
  expect(sheet).not.toContain('<f>')
  expect(sheet).toContain('<c r="B2" s="4" t="inlineStr"><is><t xml:space="preserve">=1+1</t></is></c>')
  expect(sheet).toContain('<c r="A3"><v>12.5</v></c><c r="B3" s="2"><v>46350</v></c>')
  expect(sheet).toContain('<c r="A4" s="3"><v>46350.5</v></c></row>')
  expect(sheet).toContain('state="frozen"')
})

test('what XML cannot say and what reads like markup comes back as it was', () => {
  const files = unzipSync(book(['<Name> & "x"'], [['a\rb\u0007_x0041_ <b>'], ['👋 Zoë\nline']]))
  const sheet = strFromU8(files['xl/worksheets/sheet1.xml'] ?? new Uint8Array())
  expect(sheet).toContain('&lt;Name&gt; &amp; &quot;x&quot;')
  expect(sheet).toContain('a_x000D_b_x0007__x005F_x0041_ &lt;b&gt;')
  expect(sheet).toContain('👋 Zoë\nline')
})

test('more rows than a sheet takes go on in another one, with the names again', () => {
  const files = unzipSync(book(['Email'], [['a'], ['b'], ['c'], ['d'], ['e']], 3))
  const sheets = Object.keys(files).filter((name) => name.startsWith('xl/worksheets/'))
  expect(sheets).toHaveLength(3)
  expect(strFromU8(files['xl/worksheets/sheet3.xml'] ?? new Uint8Array())).toContain('>Email<')
  expect(strFromU8(files['xl/workbook.xml'] ?? new Uint8Array())).toContain('name="Contacts 3"')
})

function hasOffice(): boolean {
  try {
    execFileSync('soffice', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

test.skipIf(!hasOffice())('LibreOffice opens the file and shows text as text', { timeout: 120_000 }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'last-word-xlsx-'))
  try {
    writeFileSync(
      join(dir, 'contacts.xlsx'),
      book(
        ['Email', 'Note', 'Joined'],
        [
          ['a@post.example', '=1+1', { day: '2026-11-24' }],
          ['b@post.example', '+43 1', null],
        ],
      ),
    )
    execFileSync(
      'soffice',
      [
        `-env:UserInstallation=file://${dir}/profile`,
        '--headless',
        '--convert-to',
        'csv',
        '--outdir',
        dir,
        join(dir, 'contacts.xlsx'),
      ],
      { stdio: 'ignore' },
    )
    const [names, first, second] = readFileSync(join(dir, 'contacts.csv'), 'utf8').split('\n')
    expect(names).toBe('Email,Note,Joined')
    expect(first).toMatch(/^a@post\.example,=1\+1,.*24.*/)
    expect(second).toBe('b@post.example,+43 1,')
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})
