import { type NumberStyle, numberStyle } from './xlsx-number.ts'
import { StringTable, sharedStrings } from './xlsx-strings.ts'
import { readXml } from './xlsx-xml.ts'
import { type Archive, broken, openArchive, unreadable } from './xlsx-zip.ts'

export type Sheet = { name: string; isHidden: boolean; path: string }

export type Book = {
  archive: Archive
  /** In the order of the workbook. */
  sheets: Sheet[]
  strings: StringTable
  styles: NumberStyle[]
  is1904: boolean
}

/**
 * Opens a workbook (.xlsx, ECMA-376): its sheets, what their cells share, and how numbers are written. Formulas and
 * macros are never run: of a formula the value counts that was saved with it.
 *
 * @throws DomainError import.unreadable that says what to save instead
 */
export async function openBook(path: string): Promise<Book> {
  const archive = await openArchive(path)
  try {
    if (archive.has('content.xml'))
      throw unreadable(
        'This looks like a spreadsheet of LibreOffice (.ods). Save it as .xlsx or CSV and choose that file.',
      )
    if (!archive.has('[Content_Types].xml') || !archive.has('_rels/.rels'))
      throw unreadable('This is a ZIP file, but no workbook (.xlsx). Unpack it and choose the file inside.')
    const home = await targetsOf(archive, '_rels/.rels', '')
    const main = [...home.values()].find(({ type }) => type.endsWith('/officeDocument'))?.target
    if (!main || !archive.has(main)) throw broken()
    const folder = main.slice(0, main.lastIndexOf('/') + 1)
    const related = await targetsOf(archive, `${folder}_rels/${main.slice(folder.length)}.rels`, folder)
    const { sheets, is1904 } = await readWorkbook(archive, main, related)
    if (sheets.length === 0) throw unreadable('There is no sheet with cells in this workbook.')
    const partOf = (kind: string) => [...related.values()].find(({ type }) => type.endsWith(`/${kind}`))?.target
    const strings = new StringTable()
    const shared = partOf('sharedStrings')
    if (shared && archive.has(shared)) await readXml(archive.read(shared), sharedStrings(strings))
    const styles = partOf('styles')
    return {
      archive,
      sheets,
      is1904,
      strings,
      styles: styles && archive.has(styles) ? await readStyles(archive, styles) : [],
    }
  } catch (error) {
    archive.close()
    throw error
  }
}

type Related = Map<string, { target: string; type: string }>

async function targetsOf(archive: Archive, path: string, folder: string): Promise<Related> {
  const found: Related = new Map()
  await readXml(archive.read(path), {
    open(name, { Id = '', Target = '', Type = '', TargetMode }) {
      if (name === 'Relationship' && TargetMode !== 'External')
        found.set(Id, { target: resolved(folder, Target), type: Type })
    },
  })
  return found
}

/** A path inside the archive; `..` never leaves it. */
function resolved(folder: string, target: string): string {
  const whole = target.startsWith('/') ? target.slice(1) : folder + target
  return whole
    .split('/')
    .reduce<string[]>(
      (parts, part) => (part === '..' ? parts.slice(0, -1) : part === '.' ? parts : [...parts, part]),
      [],
    )
    .join('/')
}

async function readWorkbook(archive: Archive, path: string, related: Related) {
  const sheets: Sheet[] = []
  let is1904 = false
  await readXml(archive.read(path), {
    open(name, attributes) {
      if (name === 'workbookPr') is1904 = /^(1|true)$/.test(attributes['date1904'] ?? '')
      if (name !== 'sheet') return
      const id = Object.entries(attributes).find(([key]) => key.endsWith(':id'))?.[1] ?? ''
      const part = related.get(id)
      if (part?.type.endsWith('/worksheet') && archive.has(part.target))
        sheets.push({
          name: attributes['name'] ?? `Sheet ${sheets.length + 1}`,
          isHidden: (attributes['state'] ?? 'visible') !== 'visible',
          path: part.target,
        })
    },
  })
  return { sheets, is1904 }
}

async function readStyles(archive: Archive, path: string): Promise<NumberStyle[]> {
  const codes = new Map<number, string>()
  const styles: NumberStyle[] = []
  let isInCells = false
  await readXml(archive.read(path), {
    open(name, attributes) {
      const id = Number(attributes['numFmtId'] ?? 0)
      if (name === 'numFmt') codes.set(id, attributes['formatCode'] ?? '')
      else if (name === 'cellXfs') isInCells = true
      else if (name === 'xf' && isInCells) styles.push(numberStyle(id, codes.get(id)))
    },
    close(name) {
      if (name === 'cellXfs') isInCells = false
    },
  })
  return styles
}
