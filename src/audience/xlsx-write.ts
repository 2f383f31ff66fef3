import { Zip, ZipDeflate } from 'fflate'
import { looksLikeFormula } from '../platform/csv.ts'

export type Cell = string | number | Date | { day: string } | null

/** Rows of one sheet, the row of names included (ECMA-376; what every program takes). */
export const SHEET_ROWS = 1_048_576
const CELL_CHARACTERS = 32_767
const STYLE = { plain: '', name: ' s="1"', day: ' s="2"', moment: ' s="3"', guarded: ' s="4"' }

/**
 * Writes a spreadsheet a row at a time; memory does not grow with it. Everything that is not a number or a date is text,
 * so that nothing in it runs (IM-10). More rows than a sheet takes go on in another one. Times are UTC.
 *
 * @param write takes the file's bytes in their order
 */
export function xlsxWriter(names: string[], write: (bytes: Uint8Array) => void, sheetRows = SHEET_ROWS) {
  const zip = new Zip((error, bytes) => {
    if (error) throw error
    write(bytes)
  })
  const header = rowXml(names, 1, STYLE.name)
  let sheets = 0
  let rowsInSheet = 0
  let sheet: ZipDeflate | null = null

  function entry(name: string, text: string) {
    const file = new ZipDeflate(name, { level: 6 })
    zip.add(file)
    file.push(encoder.encode(text), true)
  }
  function open(): ZipDeflate {
    sheets++
    rowsInSheet = 1
    const file = new ZipDeflate(`xl/worksheets/sheet${sheets}.xml`, { level: 4 })
    zip.add(file)
    file.push(encoder.encode(SHEET_START + header))
    return file
  }
  function close() {
    sheet?.push(encoder.encode('</sheetData></worksheet>'), true)
    sheet = null
  }

  return {
    rows(rows: Cell[][]): void {
      let text = ''
      for (const cells of rows) {
        if (sheet && rowsInSheet === sheetRows) {
          sheet.push(encoder.encode(text))
          text = ''
          close()
        }
        sheet ??= open()
        text += rowXml(cells, ++rowsInSheet)
      }
      if (text !== '') sheet?.push(encoder.encode(text))
    },
    end(): void {
      sheet ??= open()
      close()
      for (const [name, text] of bookParts(sheets)) entry(name, text)
      zip.end()
    },
  }
}

const encoder = new TextEncoder()

function rowXml(cells: Cell[], number: number, style?: string): string {
  let text = `<row r="${number}">`
  for (const [place, cell] of cells.entries())
    if (cell !== null && cell !== '') text += cellXml(cell, `${letters(place)}${number}`, style)
  return `${text}</row>`
}

function cellXml(cell: string | number | Date | { day: string }, at: string, style?: string): string {
  if (typeof cell === 'number') return `<c r="${at}"><v>${cell}</v></c>`
  if (cell instanceof Date) return `<c r="${at}"${STYLE.moment}><v>${serial(cell)}</v></c>`
  if (typeof cell === 'object') {
    const at1900 = cell.day >= '1900-03-01' && cell.day.length === 10 // before that, programs count days differently
    return at1900
      ? `<c r="${at}"${STYLE.day}><v>${serial(new Date(`${cell.day}T00:00:00Z`))}</v></c>`
      : cellXml(cell.day, at)
  }
  const short = cell.length > CELL_CHARACTERS ? `${cell.slice(0, CELL_CHARACTERS - 1)}…` : cell
  const look = style ?? (looksLikeFormula(cell) ? STYLE.guarded : STYLE.plain)
  return `<c r="${at}"${look} t="inlineStr"><is><t xml:space="preserve">${xmlText(short)}</t></is></c>`
}

/** Days since 1899-12-30. */
const serial = (at: Date) => at.getTime() / 86_400_000 + 25_569

const columnLetters: string[] = []
function letters(place: number): string {
  const known = columnLetters[place]
  if (known !== undefined) return known
  const last = String.fromCharCode(65 + (place % 26))
  return (columnLetters[place] = place < 26 ? last : letters(Math.floor(place / 26) - 1) + last)
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

// oxlint-disable-next-line no-control-regex -- XML 1.0 has no way to say them but _xHHHH_ (ECMA-376 22.9.2.19)
const UNSAID = /[\0-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9a-f]{4}_)/gi

function xmlText(text: string): string {
  const said = text.replace(UNSAID, (one) => `_x${one.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`)
  return /[&<>"]/.test(said) ? said.replace(/[&<>"]/g, (one) => ENTITIES[one] ?? '') : said
}

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const DOCUMENT = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006'
const TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml'
const SHEET_START = `${XML}<worksheet xmlns="${MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="15" defaultColWidth="20"/><sheetData>`

function bookParts(sheets: number): [string, string][] {
  const each = (made: (number: number) => string) =>
    Array.from({ length: sheets }, (_, place) => made(place + 1)).join('')
  const part = (name: string, type: string) =>
    `<Override PartName="/xl/${name}.xml" ContentType="${TYPE}.${type}+xml"/>`
  const relation = (id: string, type: string, target: string) =>
    `<Relationship Id="${id}" Type="${DOCUMENT}/${type}" Target="${target}"/>`
  return [
    [
      'xl/workbook.xml',
      `${XML}<workbook xmlns="${MAIN}" xmlns:r="${DOCUMENT}"><sheets>${each((one) => `<sheet name="Contacts${one === 1 ? '' : ` ${one}`}" sheetId="${one}" r:id="rId${one}"/>`)}</sheets></workbook>`,
    ],
    [
      'xl/_rels/workbook.xml.rels',
      `${XML}<Relationships xmlns="${PACKAGE}/relationships">${each((one) => relation(`rId${one}`, 'worksheet', `worksheets/sheet${one}.xml`))}${relation('styles', 'styles', 'styles.xml')}</Relationships>`,
    ],
    ['xl/styles.xml', STYLES],
    [
      '_rels/.rels',
      `${XML}<Relationships xmlns="${PACKAGE}/relationships">${relation('book', 'officeDocument', 'xl/workbook.xml')}</Relationships>`,
    ],
    [
      '[Content_Types].xml',
      `${XML}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>${part('workbook', 'sheet.main')}${part('styles', 'styles')}${each((one) => part(`worksheets/sheet${one}`, 'worksheet'))}</Types>`,
    ],
  ]
}

const STYLES = `${XML}<styleSheet xmlns="${MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="5"><xf/><xf fontId="1" applyFont="1"/><xf numFmtId="14" applyNumberFormat="1"/><xf numFmtId="164" applyNumberFormat="1"/><xf quotePrefix="1"/></cellXfs></styleSheet>`
