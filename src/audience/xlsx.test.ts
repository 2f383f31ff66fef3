import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { strToU8, zipSync } from 'fflate'
import { afterAll, describe, expect, test } from 'vitest'
import { inspectXlsx, sheetRecords } from './import-sheet.ts'
import { openBook } from './xlsx-book.ts'
import { numberStyle, numberText } from './xlsx-number.ts'
import { sheetRows } from './xlsx-sheet.ts'
import { xlsxWriter } from './xlsx-write.ts'

const folder = await mkdtemp(join(tmpdir(), 'last-word-xlsx-'))
afterAll(() => rm(folder, { recursive: true, force: true }))
let made = 0
async function saved(bytes: Uint8Array): Promise<string> {
  const path = join(folder, `${++made}.xlsx`)
  await writeFile(path, bytes)
  return path
}

const NS = 'http://schemas.openxmlformats.org'
const rels = (...targets: [string, string, string][]) =>
  `<Relationships xmlns="${NS}/package/2006/relationships">${targets
    .map(
      ([id, type, target]) =>
        `<Relationship Id="${id}" Type="${NS}/officeDocument/2006/relationships/${type}" Target="${target}"/>`,
    )
    .join('')}</Relationships>`

type Parts = {
  sheets?: [string, string, string?][]
  strings?: string
  styles?: string
  props?: string
  extra?: Record<string, Uint8Array>
}

/** A workbook put together by hand, for what no program writes on request. */
function workbook({ sheets = [['People', '']], strings, styles, props = '', extra = {} }: Parts): Uint8Array {
  const list = sheets
    .map(
      ([name, , state], index) =>
        `<sheet name="${name}" sheetId="${index + 1}" r:id="r${index}"${state ? ` state="${state}"` : ''}/>`,
    )
    .join('')
  return zipSync({
    '[Content_Types].xml': strToU8('<Types/>'),
    '_rels/.rels': strToU8(rels(['main', 'officeDocument', 'xl/workbook.xml'])),
    'xl/workbook.xml': strToU8(`<workbook xmlns:r="x">${props}<sheets>${list}</sheets></workbook>`),
    'xl/_rels/workbook.xml.rels': strToU8(
      rels(
        ...sheets.map((_, index): [string, string, string] => [`r${index}`, 'worksheet', `worksheets/s${index}.xml`]),
        ['strings', 'sharedStrings', '/xl/sharedStrings.xml'],
        ['styles', 'styles', './styles.xml'],
      ),
    ),
    ...(strings === undefined ? {} : { 'xl/sharedStrings.xml': strToU8(`<sst>${strings}</sst>`) }),
    ...(styles === undefined ? {} : { 'xl/styles.xml': strToU8(`<styleSheet>${styles}</styleSheet>`) }),
    ...Object.fromEntries(sheets.map(([, rows], index) => [`xl/worksheets/s${index}.xml`, strToU8(sheetXml(rows))])),
    ...extra,
  })
}

const sheetXml = (rows: string) => `<x:worksheet xmlns:x="y"><x:sheetData>${rows}</x:sheetData></x:worksheet>`
const inline = (at: string, text: string) => `<c r="${at}" t="inlineStr"><is><t>${text}</t></is></c>`

async function cellsOf(path: string, sheet = 0) {
  const book = await openBook(path)
  const found = book.sheets[sheet]
  if (!found) throw new Error('no such sheet')
  const rows: { line: number; cells: string[]; isHidden: boolean }[] = []
  for await (const { records } of sheetRows(book, found)) rows.push(...records)
  book.archive.close()
  return rows
}

describe('cells', () => {
  test('text, shared and rich text, numbers, truth, errors and cached values of formulas are read as people see them', async () => {
    const strings =
      '<si><t>Ann</t></si><si><r><t>Mac</t></r><r><t xml:space="preserve"> Donald</t></r><rPh><t>hint</t></rPh></si><si><t>a_x000D_b</t></si>'
    const rows = `<row r="3">${inline('A3', 'x &amp; y')}<c r="C3" t="s"><v>0</v></c><c r="D3" t="s"><v>1</v></c><c r="E3" t="s"><v>2</v></c></row>
      <row r="5"><c r="A5"><v>23.0</v></c><c r="B5"><v>1.2345678901234567E+19</v></c><c r="C5"><v>0.1</v></c><c r="D5" t="b"><v>1</v></c>
      <c r="E5" t="e"><v>#N/A</v></c><c r="F5" t="str"><f>A1&amp;B1</f><v>cached</v></c><c r="AB5"><v>7</v></c></row><row r="6"/>`
    const [first, second, ...others] = await cellsOf(await saved(workbook({ sheets: [['People', rows]], strings })))
    expect(first).toEqual({ line: 3, cells: ['x & y', '', 'Ann', 'Mac Donald', 'a\rb'], isHidden: false })
    expect(second?.line).toBe(5)
    expect(second?.cells.slice(0, 6)).toEqual(['23', '12345678901234600000', '0.1', 'TRUE', '', 'cached'])
    expect(second?.cells[27]).toBe('7')
    expect(others).toEqual([])
  })

  test('rows and cells without their own numbers stand one after the other', async () => {
    const rows = '<row><c><v>1</v></c><c><v>2</v></c></row><row><c t="str"><v>a</v></c></row>'
    expect(await cellsOf(await saved(workbook({ sheets: [['S', rows]] })))).toMatchObject([
      { line: 1, cells: ['1', '2'] },
      { line: 2, cells: ['a'] },
    ])
  })

  test.each([
    ['45000', 14, undefined, false, '2023-03-15'],
    ['45000.5', 22, undefined, false, '2023-03-15 12:00'],
    ['0.25', 20, undefined, false, '06:00:00'],
    ['1', 14, undefined, false, '1900-01-01'],
    ['59', 14, undefined, false, '1900-02-28'],
    ['61', 14, undefined, false, '1900-03-01'],
    ['0', 14, undefined, true, '1904-01-01'],
    ['43538', 14, undefined, true, '2023-03-15'],
    ['45000', 164, 'dd\\.mm\\.yyyy', false, '2023-03-15'],
    ['45000', 164, '[$-407]d. mmmm yyyy;@', false, '2023-03-15'],
    ['5', 164, '0" days"', false, '5'],
    ['5', 164, '[Red]General', false, '5'],
    ['123', 164, '00000', false, '00123'],
    ['4.9E-05', 0, undefined, false, '0.000049'],
    ['491701234567', 0, undefined, false, '491701234567'],
  ])('%s with the format %s %s is %s %s (IM-9)', (raw, id, code, is1904, text) => {
    expect(numberText(raw, numberStyle(id, code), is1904)).toBe(text)
  })
})

describe('workbooks', () => {
  test('of several sheets the first visible one with an address is taken, and another can be chosen', async () => {
    const people = `<row r="1">${inline('A1', 'Email')}</row><row r="2">${inline('A2', 'ann@post.example')}</row>`
    const path = await saved(
      workbook({
        sheets: [
          ['Notes', `<row r="1">${inline('A1', 'Read me')}</row>`],
          ['Secret', people, 'hidden'],
          ['People', people.replace('ann@', 'bob@')],
        ],
      }),
    )
    const look = await inspectXlsx(path)
    expect(look).toMatchObject({ sheet: 'People', rows: [['bob@post.example']] })
    expect(look.sheets).toEqual([
      { name: 'Notes', hidden: false },
      { name: 'Secret', hidden: true },
      { name: 'People', hidden: false },
    ])
    expect(await inspectXlsx(path, 'Secret')).toMatchObject({ sheet: 'Secret', rows: [['ann@post.example']] })
    await expect(inspectXlsx(path, 'Nowhere')).rejects.toThrow('no sheet “Nowhere”')
  })

  test('a title above the table is no header, and hidden rows carry a remark', async () => {
    const rows = `<row r="1">${inline('A1', 'Members 2026')}</row>
      <row r="3">${inline('A3', 'Name')}${inline('B3', 'Email')}${inline('C3', 'Town')}</row>
      <row r="4">${inline('A4', 'Ann')}${inline('B4', 'ann@post.example')}</row>
      <row r="5" hidden="1">${inline('A5', 'Bob')}${inline('B5', 'bob@post.example')}</row>`
    const path = await saved(workbook({ sheets: [['Members', rows]] }))
    const { shape } = await inspectXlsx(path)
    expect(shape).toMatchObject({ firstLine: 3, hasHeader: true, columns: ['Name', 'Email', 'Town'] })
    const records = []
    for await (const piece of sheetRecords(path, 'Members', shape)) records.push(...piece.records)
    expect(records.slice(1)).toEqual([
      { line: 4, cells: ['Ann', 'ann@post.example', ''] },
      { line: 5, cells: ['Bob', 'bob@post.example', ''], remark: 'This row is hidden in the sheet.' },
    ])
  })

  test('dates since 1904 and styles of cells are found in the workbook', async () => {
    const styles =
      '<numFmts><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts><cellStyleXfs><xf numFmtId="0"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs>'
    const rows = '<row r="1"><c r="A1" s="1"><v>43538</v></c><c r="B1"><v>43538</v></c></row>'
    const path = await saved(workbook({ sheets: [['S', rows]], styles, props: '<workbookPr date1904="true"/>' }))
    expect((await cellsOf(path))[0]?.cells).toEqual(['2023-03-15', '43538'])
  })

  test('what our own export writes comes back as it was', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 5 }),
          { minLength: 1, maxLength: 20 },
        ),
        async (table) => {
          const pieces: Uint8Array[] = []
          const writer = xlsxWriter(['Email'], (bytes) => pieces.push(bytes))
          writer.rows(table)
          writer.end()
          const [, ...rows] = await cellsOf(await saved(Buffer.concat(pieces)))
          expect(rows.map(({ cells }) => cells)).toEqual(table)
        },
      ),
      { numRuns: 50 },
    )
  })
})

describe('hostile and broken files (IM-9)', () => {
  const refused = async (bytes: Uint8Array, words: RegExp) =>
    expect(inspectXlsx(await saved(bytes))).rejects.toThrow(words)

  test('a bomb is refused before it is unpacked', async () => {
    const bomb = workbook({ extra: { 'xl/worksheets/s0.xml': new Uint8Array(200 * 1024 * 1024) } })
    expect(bomb.length).toBeLessThan(1024 * 1024)
    await refused(bomb, /unpacks to more/)
  })

  test('document types and entities of their own are refused', async () => {
    const xxe =
      '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet><sheetData><row r="1"><c t="str"><v>&e;</v></c></row></sheetData></worksheet>'
    await refused(workbook({ extra: { 'xl/worksheets/s0.xml': strToU8(xxe) } }), /instructions that are not followed/)
  })

  test('other ZIP files, cut-off files and broken XML say what to do', async () => {
    await refused(zipSync({ 'content.xml': strToU8('<x/>'), mimetype: strToU8('x') }), /\.ods/)
    await refused(zipSync({ 'holiday.jpg': strToU8('x') }), /ZIP file, but no workbook/)
    const whole = workbook({ sheets: [['S', `<row r="1">${inline('A1', 'a@post.example')}</row>`]] })
    await refused(whole.subarray(0, whole.length - 40), /damaged or not complete/)
    await refused(
      workbook({ extra: { 'xl/worksheets/s0.xml': strToU8('<worksheet><sheetData><row>') } }),
      /damaged or not complete/,
    )
    await refused(workbook({ sheets: [] }), /no sheet with cells/)
    await refused(workbook({ sheets: [['S', '']] }), /nobody to import/)
  })

  test('too many columns and cells too long are refused with their row', async () => {
    await refused(
      workbook({ sheets: [['S', `<row r="9">${inline('BZZ9', 'x')}</row>`]] }),
      /Row 9 has more than 1,000 columns/,
    )
    await refused(
      workbook({ sheets: [['S', `<row r="9">${inline('A9', 'x'.repeat(100_001))}</row>`]] }),
      /Row 9 has a cell of more than/,
    )
  })

  test('paths that lead out of the archive lead nowhere', async () => {
    const bytes = workbook({
      extra: { 'xl/_rels/workbook.xml.rels': strToU8(rels(['r0', 'worksheet', '../../../../etc/passwd'])) },
    })
    await refused(bytes, /no sheet with cells/)
  })
})
