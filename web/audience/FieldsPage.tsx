import { Button, Select } from '@mantine/core'
import { IconForms, IconPlus } from '@tabler/icons-react'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import type { Field } from '../../src/audience/field.contract.ts'
import { paths } from '../paths.ts'
import { EmptyState } from '../ui/EmptyState.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { counted } from '../ui/format.ts'
import { PageHeader } from '../ui/PageHeader.tsx'
import { Waiting } from '../ui/Waiting.tsx'
import { FieldDialog } from './FieldDialog.tsx'
import { FieldTable } from './FieldTable.tsx'
import { useFieldList } from './fields.ts'

const shown = [
  { value: 'used', label: 'In use' },
  { value: 'archived', label: 'Archived' },
]

export function FieldsPage() {
  const search: Record<string, unknown> = useSearch({ strict: false })
  const archived = search['show'] === 'archived'
  const fields = useFieldList(archived)
  const navigate = useNavigate()
  const [editing, edit] = useState<Field | 'new' | null>(null)
  const none = fields.data?.length === 0
  const button = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => edit('new')} data-primary>
      Create a field
    </Button>
  )
  return (
    <>
      <PageHeader
        title="Fields"
        note={fields.data && !none && counted(fields.data.length, archived ? 'archived field' : 'field')}
        actions={!(none && !archived) && button}
      />
      <div className="body">
        <div className="row">
          <Select
            aria-label="Show fields"
            data={shown}
            value={archived ? 'archived' : 'used'}
            onChange={(value) =>
              void navigate({ to: paths.fields, search: value === 'archived' ? { show: value } : {} })
            }
            w={140}
          />
        </div>
        {fields.error && !fields.data ? (
          <ErrorPanel
            title="The fields could not be loaded. Nothing was changed."
            error={fields.error}
            onRetry={() => void fields.refetch()}
          />
        ) : !fields.data ? (
          <Waiting />
        ) : none ? (
          <EmptyState
            icon={IconForms}
            title={archived ? 'No field is archived' : 'No fields yet'}
            action={archived ? null : button}
          >
            {archived
              ? 'An archived field is on no record and in no form. What contacts have in it is kept.'
              : 'A field holds one detail of each contact, such as a town or a birthday. Mailings and segments can use it.'}
          </EmptyState>
        ) : (
          <FieldTable fields={fields.data} archived={archived} onEdit={edit} />
        )}
      </div>
      <FieldDialog field={editing === 'new' ? null : editing} opened={editing !== null} onClose={() => edit(null)} />
    </>
  )
}
