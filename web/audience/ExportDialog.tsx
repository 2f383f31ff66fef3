import { Button, Checkbox, Modal, MultiSelect, Radio, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Selection } from '../../src/audience/contact.contract.ts'
import { contactExport, type ExportFormat, fixedColumns } from '../../src/audience/export.contract.ts'
import { messageOf, post } from '../api.ts'
import { paths } from '../paths.ts'
import { counted } from '../ui/format.ts'
import { RecordLink } from '../ui/links.tsx'
import { useFields } from './contacts.ts'
import { ExportState } from './ExportState.tsx'
import { useExport } from './exports.ts'

const columnNames: Record<(typeof fixedColumns)[number], string> = {
  address: 'Email',
  status: 'Status',
  added: 'Added',
  source: 'Source',
  groups: 'Groups',
  topics: 'Topics',
}

/** Asks what goes into the file, then shows how far it is and gives the download. */
export function ExportDialog({
  selection,
  total,
  opened,
  onClose,
}: {
  selection: Selection
  /** How many contacts are selected. */
  total: number
  opened: boolean
  onClose: () => void
}) {
  const [made, setMade] = useState<string | null>(null)
  const close = () => {
    setMade(null)
    onClose()
  }
  return (
    <Modal opened={opened} onClose={close} title={`Export ${counted(total, 'contact')}`}>
      {made === null ? (
        <ExportForm selection={selection} onStarted={setMade} onCancel={close} />
      ) : (
        <Started id={made} onClose={close} />
      )}
    </Modal>
  )
}

type FormProps = { selection: Selection; onStarted: (id: string) => void; onCancel: () => void }

function ExportForm({ selection, onStarted, onCancel }: FormProps) {
  const fields = useFields()
  const client = useQueryClient()
  const known = [
    ...fixedColumns.map((name) => ({ value: name as string, label: columnNames[name] })),
    ...(fields.data?.items ?? []).map(({ name, label }) => ({ value: `fields.${name}`, label })),
  ]
  const [chosen, setChosen] = useState<string[] | null>(null)
  const [format, setFormat] = useState<ExportFormat>('csv')
  const [includeOptedOut, setIncludeOptedOut] = useState(false)
  const columns = chosen ?? known.map(({ value }) => value).filter((value) => !['groups', 'topics'].includes(value))
  const start = useMutation({
    mutationFn: () => post('/exports', contactExport, { selection, columns, format, includeOptedOut }),
    onSuccess: async ({ id }) => {
      await client.invalidateQueries({ queryKey: ['exports', 'list'] })
      onStarted(id)
    },
  })
  return (
    <form
      className="stack tight"
      onSubmit={(event) => {
        event.preventDefault()
        start.mutate()
      }}
    >
      <MultiSelect
        label="Columns"
        description="In the order in which you choose them"
        data={known}
        value={columns}
        onChange={setChosen}
        searchable
        hidePickedOptions
        {...(columns.length === 0 ? { error: 'Choose at least one column.' } : {})}
      />
      <Radio.Group label="Format" value={format} onChange={(value) => setFormat(value === 'xlsx' ? 'xlsx' : 'csv')}>
        <div className="row">
          <Radio value="csv" label="CSV" />
          <Radio value="xlsx" label="Excel (XLSX)" />
        </div>
      </Radio.Group>
      <Checkbox
        label="Opted-out contacts too, with a masked address"
        description="Without it they are left out. Addresses that opted out are not given on."
        checked={includeOptedOut}
        onChange={(event) => setIncludeOptedOut(event.currentTarget.checked)}
      />
      {start.error && (
        <Text size="sm" c="red" role="alert">
          {messageOf(start.error)}
        </Text>
      )}
      <div className="row dialog-acts">
        <Button variant="default" onClick={onCancel}>
          Cancel
        </Button>
        <Button type="submit" loading={start.isPending} disabled={columns.length === 0}>
          Export
        </Button>
      </div>
    </form>
  )
}

function Started({ id, onClose }: { id: string; onClose: () => void }) {
  const found = useExport(id)
  return (
    <div className="stack tight">
      {found.error && (
        <Text c="red" role="alert">
          {messageOf(found.error)}
        </Text>
      )}
      {found.data && <ExportState export={found.data} />}
      <Text size="sm" c="dimmed">
        It goes on when you close this. The file is kept for 24 hours under{' '}
        <RecordLink to={paths.exports}>Exports</RecordLink>.
      </Text>
      <div className="row dialog-acts">
        <Button variant="default" onClick={onClose}>
          Close
        </Button>
      </div>
    </div>
  )
}
