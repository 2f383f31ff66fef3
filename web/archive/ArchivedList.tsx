import { Button, VisuallyHidden } from '@mantine/core'
import { IconArchive, IconRestore } from '@tabler/icons-react'
import { EmptyState } from '../ui/EmptyState.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { Waiting } from '../ui/Waiting.tsx'
import { When } from '../ui/When.tsx'
import { type Kind, useArchived, useRestore } from './archived.ts'

/** Archived groups, segments or fields. */
export function ArchivedList({ kind, label }: { kind: Kind; label: string }) {
  const archived = useArchived(kind)
  const restore = useRestore(kind)
  if (archived.error && !archived.data)
    return (
      <ErrorPanel
        title="The archive could not be loaded. Nothing was changed."
        error={archived.error}
        onRetry={() => void archived.refetch()}
      />
    )
  if (!archived.data) return <Waiting />
  if (archived.data.length === 0)
    return (
      <EmptyState icon={IconArchive} title={`No ${label.toLowerCase()} in the archive`}>
        What is archived waits here and can be restored.
      </EmptyState>
    )
  return (
    <section className="panel scroll" aria-label={`Archived ${label.toLowerCase()}`}>
      <table className="grid">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col" className="right only-wide">
              Archived
            </th>
            <th scope="col">
              <VisuallyHidden>Actions</VisuallyHidden>
            </th>
          </tr>
        </thead>
        <tbody>
          {archived.data.map(({ id, name, archivedAt }) => (
            <tr key={id}>
              <td>{name}</td>
              <td className="right only-wide">{archivedAt && <When at={archivedAt} as="day" />}</td>
              <td className="right">
                <Button
                  variant="default"
                  size="compact-md"
                  leftSection={<IconRestore size={16} aria-hidden />}
                  aria-label={`Restore ${name}`}
                  onClick={() => void restore(id, name)}
                >
                  Restore
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
