import { Button, Progress } from '@mantine/core'
import { IconHourglass } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { Navigate } from '@tanstack/react-router'
import { type AudienceImport, audienceImport } from '../../src/audience/import.contract.ts'
import { post } from '../api.ts'
import { paths } from '../paths.ts'
import { Banner } from '../ui/Banner.tsx'
import { counted } from '../ui/format.ts'
import { noticeFault } from '../ui/notice.tsx'
import { ImportLoaded, ImportStep } from './ImportStep.tsx'
import { isUnderWay, stepOf } from './imports.ts'

export function ImportProgress() {
  return (
    <ImportLoaded>
      {(one) =>
        isUnderWay(one) && !one.options?.dryRun ? (
          <Running import={one} />
        ) : (
          <Navigate to={paths.importStep(one.id, stepOf(one))} replace />
        )
      }
    </ImportLoaded>
  )
}

function Running({ import: one }: { import: AudienceImport }) {
  const client = useQueryClient()
  const share = Math.floor(one.progress * 100)
  async function cancel() {
    try {
      client.setQueryData(['imports', 'one', one.id], await post(`/imports/${one.id}/cancel`, audienceImport))
    } catch (error) {
      noticeFault(error)
    }
  }
  const writing = one.phase === 'apply'
  return (
    <ImportStep
      import={one}
      step="Import"
      title={writing ? 'Writing contacts' : 'Reading the file'}
      note="It goes on when you close this page."
    >
      <Banner
        tint="brand"
        icon={IconHourglass}
        title={`Importing ${one.fileName}`}
        actions={
          one.cancellable && (
            <Button variant="default" onClick={() => void cancel()}>
              Cancel import
            </Button>
          )
        }
      >
        <div className="stack tight">
          <div className="row">
            <Progress value={share} w={280} aria-label={`Importing, ${share} per cent done`} />
            <span className="num">{share}%</span>
            <span className="sr" role="status">{`${Math.floor(share / 25) * 25} per cent done`}</span>
          </div>
          <span>
            {writing
              ? 'Rows are being written, so it cannot be cancelled any more.'
              : `${counted(one.counts.rows, 'row')} read. Nothing is written before the whole file is read.`}
          </span>
        </div>
      </Banner>
    </ImportStep>
  )
}
