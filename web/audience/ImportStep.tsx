import { Button, Text, Title } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { Navigate, useNavigate, useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { AudienceImport } from '../../src/audience/import.contract.ts'
import { anything, isNotFound, post } from '../api.ts'
import { NotFound } from '../frame/NotFound.tsx'
import { paths } from '../paths.ts'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { size } from '../ui/format.ts'
import { noticeDone, noticeFault } from '../ui/notice.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { Waiting } from '../ui/Waiting.tsx'
import { When } from '../ui/When.tsx'
import { forgetPlan, stepOf, useImport } from './imports.ts'

const steps = ['Upload', 'Match columns', 'Choose your groups', 'Check', 'Import', 'Result'] as const
export type StepName = (typeof steps)[number]

export const importCrumbs = [
  { name: 'Audience', to: paths.contacts },
  { name: 'Imports', to: paths.imports },
]

export function Steps({ step }: { step: StepName }) {
  const at = steps.indexOf(step)
  return (
    <ol className="steps" aria-label="Steps">
      {steps.map((name, index) => (
        <li key={name} className={index < at ? 'done' : ''} aria-current={name === step ? 'step' : undefined}>
          {name}
        </li>
      ))}
    </ol>
  )
}

/** The import that the address names, or what stands in its place. */
export function ImportLoaded({ children }: { children: (one: AudienceImport) => ReactNode }) {
  const { id = '' } = useParams({ strict: false })
  const one = useImport(id)
  if (isNotFound(one.error)) return <NotFound />
  if (one.data) return children(one.data)
  if (!one.error)
    return (
      <div className="body">
        <Waiting />
      </div>
    )
  return (
    <>
      <PageHeader crumbs={importCrumbs} title="Import" />
      <div className="body">
        <ErrorPanel title="The import could not be loaded" error={one.error} onRetry={() => void one.refetch()} />
      </div>
    </>
  )
}

/** For the steps before the import begins; afterwards there is nothing to choose any more. */
export function ImportOpen({ children }: { children: (one: AudienceImport) => ReactNode }) {
  return (
    <ImportLoaded>
      {(one) => {
        const step = stepOf(one)
        if (step !== 'progress' && step !== 'result') return children(one)
        return <Navigate to={paths.importStep(one.id, step)} replace />
      }}
    </ImportLoaded>
  )
}

export function ImportStep({
  import: one,
  step,
  title,
  note,
  foot,
  children,
}: {
  import: AudienceImport
  step: StepName
  title: string
  note: ReactNode
  foot?: ReactNode
  children: ReactNode
}) {
  return (
    <>
      <PageHeader
        crumbs={importCrumbs}
        title={one.fileName}
        note={
          <>
            {size(one.file.size)}, {readAs(one)}, uploaded <When at={one.createdAt} />
            {one.startedBy ? ` by ${one.startedBy}` : ''}
          </>
        }
        actions={steps.indexOf(step) < 4 && <CancelImport id={one.id} />}
      />
      <div className="body">
        <Steps step={step} />
        <div>
          <Title order={2}>{title}</Title>
          <Text c="dimmed" size="sm">
            {note}
          </Text>
        </div>
        {children}
      </div>
      {foot && <div className="foot">{foot}</div>}
    </>
  )
}

function CancelImport({ id }: { id: string }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  async function cancel() {
    try {
      await post(`/imports/${id}/cancel`, anything)
      forgetPlan(id)
      await navigate({ to: paths.imports })
      await client.invalidateQueries({ queryKey: ['imports'] })
      noticeDone('Cancelled the import. Nothing was imported, and the file is deleted.')
    } catch (error) {
      noticeFault(error)
    }
  }
  return (
    <Button variant="subtle" color="gray" onClick={() => void cancel()}>
      Cancel import
    </Button>
  )
}

const readAs = ({ file }: AudienceImport) =>
  file.kind === 'xlsx'
    ? `sheet ${file.sheet ?? ''}`
    : `${delimiters[file.delimiter] ?? file.delimiter}, ${file.encoding.toUpperCase()}`

const delimiters: Record<string, string> = {
  ',': 'commas',
  ';': 'semicolons',
  '\t': 'tabs',
  '|': 'bars',
}
