import { Button } from '@mantine/core'
import { IconFileExport } from '@tabler/icons-react'
import { useState } from 'react'
import { paths } from '../paths.ts'
import { EmptyState } from '../ui/EmptyState.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { ButtonLink } from '../ui/links.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { Waiting } from '../ui/Waiting.tsx'
import { When } from '../ui/When.tsx'
import { ExportState } from './ExportState.tsx'
import { useExports } from './exports.ts'

export function ExportsPage() {
  const [trail, setTrail] = useState<string[]>([])
  const exports = useExports(trail.at(-1))
  const none = exports.data?.items.length === 0 && trail.length === 0
  const next = exports.data?.nextCursor
  return (
    <>
      <PageHeader title="Exports" note={!none && 'Files are kept for 24 hours.'} />
      <div className={none ? 'body blank' : 'body'}>
        {exports.error && !exports.data ? (
          <ErrorPanel
            title="The exports could not be loaded. Nothing was changed."
            error={exports.error}
            onRetry={() => void exports.refetch()}
          />
        ) : !exports.data ? (
          <Waiting />
        ) : none ? (
          <EmptyState
            icon={IconFileExport}
            title="No exports yet"
            action={<ButtonLink to={paths.contacts}>Go to contacts</ButtonLink>}
          >
            Tick contacts in the list and choose Export. The file waits here for 24 hours.
          </EmptyState>
        ) : (
          <section className="panel scroll" aria-label="Exports">
            <table className="grid">
              <thead>
                <tr>
                  <th scope="col">Asked for</th>
                  <th scope="col">File</th>
                  <th scope="col" className="only-wide">
                    By
                  </th>
                  <th scope="col" className="right only-wide">
                    Kept until
                  </th>
                </tr>
              </thead>
              <tbody>
                {exports.data.items.map((one) => (
                  <tr key={one.id}>
                    <td>
                      <When at={one.createdAt} as="brief" />
                    </td>
                    <td>
                      <ExportState export={one} />
                    </td>
                    <td className="only-wide">{one.startedBy ?? <span className="dim">–</span>}</td>
                    <td className="right only-wide">
                      {one.expiresAt && one.status === 'done' ? (
                        <When at={one.expiresAt} as="brief" />
                      ) : (
                        <span className="dim">–</span>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        )}
        {(next || trail.length > 0) && (
          <div className="row pager">
            <span />
            <span className="row">
              <Button variant="default" disabled={trail.length === 0} onClick={() => setTrail(trail.slice(0, -1))}>
                Previous
              </Button>
              <Button variant="default" disabled={!next} onClick={() => next && setTrail([...trail, next])}>
                Next
              </Button>
            </span>
          </div>
        )}
      </div>
    </>
  )
}
