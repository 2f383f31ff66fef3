import { Badge, Select, VisuallyHidden } from '@mantine/core'
import { IconArchive, IconCheck, IconForms, IconLink, IconPlus, IconRestore } from '@tabler/icons-react'
import { useNavigate, useSearch } from '@tanstack/react-router'
import type { Form } from '../../src/audience/form.contract.ts'
import { paths } from '../paths.ts'
import { Copy } from '../ui/Copy.tsx'
import { EmptyState } from '../ui/EmptyState.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { count, counted } from '../ui/format.ts'
import { IconAct } from '../ui/IconAct.tsx'
import { ButtonLink, RecordLink } from '../ui/links.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { Waiting } from '../ui/Waiting.tsx'
import { useFormArchive, useForms } from './forms.ts'

const shown = [
  { value: 'used', label: 'In use' },
  { value: 'archived', label: 'Archived' },
]

export function FormsPage() {
  const search: Record<string, unknown> = useSearch({ strict: false })
  const archived = search['show'] === 'archived'
  const forms = useForms(archived)
  const navigate = useNavigate()
  const none = forms.data?.length === 0
  const button = (
    <ButtonLink to={paths.form('new')} leftSection={<IconPlus size={16} aria-hidden />} data-primary>
      Create a form
    </ButtonLink>
  )
  return (
    <>
      <PageHeader
        title="Sign-up forms"
        note={forms.data && !none && counted(forms.data.length, archived ? 'archived form' : 'form')}
        actions={!(none && !archived) && button}
      />
      <div className="body">
        <div className="row">
          <Select
            aria-label="Show forms"
            data={shown}
            value={archived ? 'archived' : 'used'}
            onChange={(value) =>
              void navigate({ to: paths.forms, search: value === 'archived' ? { show: value } : {} })
            }
            w={140}
          />
        </div>
        {forms.error && !forms.data ? (
          <ErrorPanel
            title="The forms could not be loaded. Nothing was changed."
            error={forms.error}
            onRetry={() => void forms.refetch()}
          />
        ) : !forms.data ? (
          <Waiting />
        ) : none ? (
          <EmptyState
            icon={IconForms}
            title={archived ? 'No form is archived' : 'No sign-up forms yet'}
            action={archived ? null : button}
          >
            {archived
              ? 'An archived form takes no sign-ups. What people agreed to on it is kept.'
              : 'People sign up on a form and confirm by mail. It is also the only way back for somebody who opted out. Until there is one, a page that asks for the address alone stands in for it.'}
          </EmptyState>
        ) : (
          <FormTable forms={forms.data} archived={archived} />
        )}
      </div>
    </>
  )
}

function FormTable({ forms, archived }: { forms: Form[]; archived: boolean }) {
  const archive = useFormArchive()
  return (
    <section className="panel scroll" aria-label="Sign-up forms">
      <table className="grid">
        <thead>
          <tr>
            <th scope="col">Form</th>
            <th scope="col" className="right">
              Waiting
            </th>
            <th scope="col" className="right">
              Confirmed
            </th>
            <th scope="col">
              <VisuallyHidden>Actions</VisuallyHidden>
            </th>
          </tr>
        </thead>
        <tbody>
          {forms.map(({ id, name, url, isDefault, counts }) => (
            <tr key={id}>
              <td>
                <span className="row">
                  <RecordLink to={paths.form(id)}>{name}</RecordLink>
                  {isDefault && <Badge variant="default">Default</Badge>}
                </span>
              </td>
              <td className="right num">{count(counts.waiting)}</td>
              <td className="right num">{count(counts.confirmed)}</td>
              <td className="right">
                <span className="row one end">
                  {!archived && (
                    <Copy value={url}>
                      {(copy, copied) => (
                        <IconAct
                          icon={copied ? IconCheck : IconLink}
                          name={copied ? `Copied the link of ${name}` : `Copy the link of ${name}`}
                          onClick={copy}
                        />
                      )}
                    </Copy>
                  )}
                  <IconAct
                    icon={archived ? IconRestore : IconArchive}
                    name={`${archived ? 'Restore' : 'Archive'} ${name}`}
                    onClick={() => archive.mutate({ id, to: archived ? 'restore' : 'archive' })}
                  />
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
