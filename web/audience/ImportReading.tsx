import { Checkbox, Select } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import {
  type AudienceImport,
  audienceImport,
  type ImportReading as Reading,
} from '../../src/audience/import.contract.ts'
import { post } from '../api.ts'
import { Banner } from '../ui/Banner.tsx'
import { noticeFault } from '../ui/notice.tsx'
import { Panel } from '../ui/Panel.tsx'

const delimiters = [
  { value: ',', label: 'Commas' },
  { value: ';', label: 'Semicolons' },
  { value: '\t', label: 'Tabs' },
  { value: '|', label: 'Bars' },
]

const encodings = [
  ['utf-8', 'UTF-8'],
  ['utf-16le', 'UTF-16 LE'],
  ['utf-16be', 'UTF-16 BE'],
  ['windows-1252', 'Western (Windows-1252)'],
  ['windows-1250', 'Central European (Windows-1250)'],
  ['windows-1251', 'Cyrillic (Windows-1251)'],
  ['windows-1253', 'Greek (Windows-1253)'],
  ['windows-1254', 'Turkish (Windows-1254)'],
  ['windows-1257', 'Baltic (Windows-1257)'],
  ['iso-8859-2', 'Central European (ISO-8859-2)'],
  ['iso-8859-15', 'Western (ISO-8859-15)'],
  ['koi8-r', 'Cyrillic (KOI8-R)'],
  ['shift_jis', 'Japanese (Shift JIS)'],
  ['gb18030', 'Chinese (GB 18030)'],
  ['big5', 'Chinese (Big5)'],
  ['euc-kr', 'Korean (EUC-KR)'],
  ['macintosh', 'Western (Mac Roman)'],
].map(([value = '', label = '']) => ({ value, label }))

/** How the file is read: its sheet, encoding and delimiter, should the first look have been wrong. */
export function ImportReading({
  import: { id, file },
  onRead,
}: {
  import: AudienceImport
  onRead: (one: AudienceImport) => void
}) {
  const client = useQueryClient()
  const read = useMutation({
    mutationFn: (next: Reading) => {
      const now = file.kind === 'xlsx' ? sheetOf(file) : { encoding: file.encoding, ...delimiterOf(file) }
      return post(`/imports/${id}/inspect`, audienceImport, { ...now, ...next })
    },
    onSuccess: (one) => {
      client.setQueryData(['imports', 'one', id], one)
      onRead(one)
    },
    onError: noticeFault,
  })
  return (
    <Panel title="How the file is read">
      <div className="row">
        {file.kind === 'xlsx' ? (
          <Select
            label="Sheet"
            data={file.sheets.map(({ name, hidden }) => ({ value: name, label: hidden ? `${name} (hidden)` : name }))}
            value={file.sheet}
            disabled={read.isPending}
            onChange={(sheet) => sheet && read.mutate({ sheet })}
            w={240}
          />
        ) : (
          <>
            <Select
              label="Encoding"
              searchable
              data={knownEncodings(file.encoding)}
              value={file.encoding}
              disabled={read.isPending}
              onChange={(encoding) => encoding && read.mutate({ encoding })}
              w={260}
            />
            <Select
              label="Columns are parted by"
              data={delimiters}
              value={file.delimiter}
              disabled={read.isPending}
              onChange={(delimiter) => delimiter && read.mutate(delimiterOf({ delimiter }))}
              w={180}
            />
          </>
        )}
        <Checkbox
          label="The first row holds the names of the columns"
          checked={file.hasHeader}
          disabled={read.isPending}
          onChange={(event) => read.mutate({ hasHeader: event.currentTarget.checked })}
          mt={22}
        />
      </div>
    </Panel>
  )
}

const sheetOf = ({ sheet }: { sheet: string | null }) => (sheet === null ? {} : { sheet })
/** A delimiter of its own, said in the file, is found again there. */
const delimiterOf = ({ delimiter }: { delimiter: string }): Reading =>
  delimiter === ',' || delimiter === ';' || delimiter === '\t' || delimiter === '|' ? { delimiter } : {}

const knownEncodings = (own: string) =>
  encodings.some(({ value }) => value === own) ? encodings : [{ value: own, label: own.toUpperCase() }, ...encodings]

/** What is worth knowing about the file before its columns: whose export it is, and whether its letters are right. */
export function ImportRemarks({ import: { file } }: { import: AudienceImport }) {
  return (
    <>
      {file.tool && (
        <Banner tint={file.tool.says === 'everybody' ? 'optOut' : 'brand'} title={`An export of ${file.tool.name}`}>
          {file.tool.text}
        </Banner>
      )}
      {!file.sure && (
        <Banner tint="errored" title="Do names and places look right?">
          The file does not say how its letters are stored, so that is a guess. When the first rows look wrong, choose
          another encoding below.
        </Banner>
      )}
    </>
  )
}
