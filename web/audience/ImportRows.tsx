import { Button, Drawer } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { type ImportNote, type ImportOutcome, importRows } from '../../src/audience/import.contract.ts'
import { get } from '../api.ts'
import { downloads } from '../paths.ts'
import { Address } from '../ui/Address.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { count } from '../ui/format.ts'
import { Waiting } from '../ui/Waiting.tsx'

export type RowsAsked = { outcome?: ImportOutcome | 'rejected'; note?: ImportNote }

/** The lines of the file that had one outcome or one remark, with their numbers and reasons. */
export function ImportRows({
  importId,
  asked,
  title,
  opened,
  onClose,
}: {
  importId: string
  asked: RowsAsked
  title: string
  opened: boolean
  onClose: () => void
}) {
  const rows = useInfiniteQuery({
    queryKey: ['imports', 'rows', importId, asked],
    queryFn: ({ pageParam }) =>
      get(`/imports/${importId}/rows`, importRows, { ...asked, cursor: pageParam ?? undefined, limit: 100 }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    enabled: opened,
  })
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      title={title}
      position="right"
      size={560}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <div className="stack">
        <div>
          <Button
            component="a"
            href={downloads.importRows(importId, asked)}
            download
            variant="default"
            leftSection={<IconDownload size={16} aria-hidden />}
          >
            Download these rows
          </Button>
        </div>
        {rows.error && !rows.data ? (
          <ErrorPanel title="The rows could not be loaded" error={rows.error} onRetry={() => void rows.refetch()} />
        ) : !rows.data ? (
          <Waiting />
        ) : (
          <table className="grid">
            <thead>
              <tr>
                <th scope="col" className="right">
                  Line
                </th>
                <th scope="col">Address</th>
                <th scope="col">Reason</th>
              </tr>
            </thead>
            <tbody>
              {rows.data.pages
                .flatMap((page) => page.items)
                .map((row) => (
                  <tr key={row.line}>
                    <td className="right">{count(row.line)}</td>
                    <td className="mono any-wrap">
                      <Address>{row.address}</Address>
                    </td>
                    <td className="dim">{row.reason ?? ''}</td>
                  </tr>
                ))}
            </tbody>
          </table>
        )}
        {rows.hasNextPage && (
          <Button variant="default" loading={rows.isFetchingNextPage} onClick={() => void rows.fetchNextPage()}>
            Show more
          </Button>
        )}
      </div>
    </Drawer>
  )
}
