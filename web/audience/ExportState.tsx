import { Button, Progress } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { type ContactExport, contactExport } from '../../src/audience/export.contract.ts'
import { post } from '../api.ts'
import { downloads } from '../paths.ts'
import { counted, size } from '../ui/format.ts'
import { noticeFault } from '../ui/notice.tsx'
import { isMaking } from './exports.ts'

/** How far an export is, and its file when it is done. */
export function ExportState({ export: one }: { export: ContactExport }) {
  const client = useQueryClient()
  async function cancel() {
    try {
      client.setQueryData(['exports', 'one', one.id], await post(`/exports/${one.id}/cancel`, contactExport))
      await client.invalidateQueries({ queryKey: ['exports'] })
    } catch (error) {
      noticeFault(error)
    }
  }
  if (isMaking(one)) {
    const { done, total } = one.progress
    const share = total ? Math.floor((done / total) * 100) : 0
    return (
      <div className="row">
        <Progress value={share} w={140} aria-label={`Exporting, ${share} per cent done`} />
        <span className="num nowrap">{share}%</span>
        <Button variant="subtle" size="compact-sm" onClick={() => void cancel()}>
          Cancel export
        </Button>
      </div>
    )
  }
  if (one.status !== 'done') return <span className={one.status === 'failed' ? 'fg-red' : 'dim'}>{endOf(one)}</span>
  const left = one.optedOut ?? 0
  return (
    <div className="row">
      <Button
        component="a"
        href={downloads.exportFile(one.id)}
        variant="default"
        size="compact-md"
        leftSection={<IconDownload size={16} aria-hidden />}
        download
      >
        Download {one.format.toUpperCase()}
      </Button>
      <span role="status">
        {counted(one.rows ?? 0, 'contact')}, {size(one.size ?? 0)}
        {left > 0 && `. ${counted(left, 'opted-out contact was', 'opted-out contacts were')} left out.`}
      </span>
    </div>
  )
}

const endOf = ({ status, problem }: ContactExport) =>
  status === 'failed' ? (problem ?? 'Failed') : status === 'cancelled' ? 'Cancelled' : 'The file was deleted'
