import { Button, Progress } from '@mantine/core'
import { IconFileImport } from '@tabler/icons-react'
import { useState } from 'react'
import type { AudienceImport } from '../../src/audience/import.contract.ts'
import { paths } from '../paths.ts'
import { EmptyState } from '../ui/EmptyState.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { count } from '../ui/format.ts'
import { ButtonLink, RecordLink } from '../ui/links.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { Waiting } from '../ui/Waiting.tsx'
import { When } from '../ui/When.tsx'
import { isUnderWay, useImports } from './imports.ts'

export function ImportsPage() {
  const [trail, setTrail] = useState<string[]>([])
  const imports = useImports(trail.at(-1))
  const button = (
    <ButtonLink to={paths.newImport} leftSection={<IconFileImport size={16} aria-hidden />} data-primary>
      Import contacts
    </ButtonLink>
  )
  const none = imports.data?.items.length === 0 && trail.length === 0
  const next = imports.data?.nextCursor
  return (
    <>
      <PageHeader title="Imports" actions={!none && button} />
      <div className={none ? 'body blank' : 'body'}>
        {imports.error && !imports.data ? (
          <ErrorPanel
            title="The imports could not be loaded. Nothing was changed."
            error={imports.error}
            onRetry={() => void imports.refetch()}
          />
        ) : !imports.data ? (
          <Waiting />
        ) : none ? (
          <EmptyState icon={IconFileImport} title="No imports yet" action={button}>
            Bring your contacts in as a spreadsheet, a CSV file, or the export of the tool you used before. Opt-outs in
            it are recognised and kept.
          </EmptyState>
        ) : (
          <ImportTable imports={imports.data.items} />
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

function ImportTable({ imports }: { imports: AudienceImport[] }) {
  return (
    <section className="panel scroll" aria-label="Imports">
      <table className="grid">
        <thead>
          <tr>
            <th scope="col">File</th>
            <th scope="col">State</th>
            {['Rows', 'Added', 'Updated', 'Opted out', 'Not imported', 'Uploaded'].map((name) => (
              <th key={name} scope="col" className="right only-wide">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {imports.map((one) => (
            <tr key={one.id}>
              <td>
                <RecordLink to={paths.import(one.id)} className="file-name">
                  {one.fileName}
                </RecordLink>
              </td>
              <td>
                <State import={one} />
              </td>
              <Numbers import={one} />
              <td className="right only-wide">
                <When at={one.createdAt} as="brief" />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function State({ import: one }: { import: AudienceImport }) {
  const share = Math.floor(one.progress * 100)
  if (isUnderWay(one) && !one.options?.dryRun)
    return (
      <span className="row one">
        <Progress value={share} w={70} aria-label={`Importing, ${share} per cent done`} />
        <span className="num nowrap">Importing, {share}%</span>
      </span>
    )
  if (one.status === 'failed') return <span className="fg-red">Failed</span>
  if (one.status === 'cancelled') return <>Cancelled</>
  if (one.status === 'done' && !one.options?.dryRun) return <>Done</>
  return <>Not started yet</>
}

/** What an import did; a dry run did nothing. */
function Numbers({ import: { counts, options, status } }: { import: AudienceImport }) {
  const happened = status === 'done' && !options?.dryRun
  const numbers = [
    counts.rows,
    counts.added,
    counts.updated,
    counts.optedOut,
    counts.invalid + counts.duplicates + counts.held,
  ]
  return numbers.map((n, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: columns of fixed order
    <td key={index} className="right only-wide">
      {happened ? count(n) : <span className="dim">–</span>}
    </td>
  ))
}
