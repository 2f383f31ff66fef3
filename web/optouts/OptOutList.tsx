import { Button, Modal, Radio, Select, Text, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconDownload } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type OptOutSource, optOutCounts, optOutSource, optOuts } from '../../src/optouts/optout.contract.ts'
import { get } from '../api.ts'
import { downloads } from '../paths.ts'
import { Address } from '../ui/Address.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { count } from '../ui/format.ts'
import { Pager } from '../ui/Pager.tsx'
import { SearchField } from '../ui/SearchField.tsx'
import { Waiting } from '../ui/Waiting.tsx'
import { When } from '../ui/When.tsx'
import { sources } from './sources.ts'

const PER_PAGE = 50

/** Everybody who is out now, latest first. */
export function OptOutList() {
  const [search, setSearch] = useState('')
  const [source, setSource] = useState<OptOutSource>()
  const [since, setSince] = useState('')
  const [trail, setTrail] = useState<string[]>([])
  const [exporting, dialog] = useDisclosure(false)
  const filter = { search, source, since: since ? `${since}T00:00:00.000Z` : undefined }
  const counts = useQuery({ queryKey: ['optouts', 'counts'], queryFn: () => get('/opt-outs/counts', optOutCounts) })
  const list = useQuery({
    queryKey: ['optouts', 'list', filter, trail.at(-1)],
    queryFn: () => get('/opt-outs', optOuts, { ...filter, cursor: trail.at(-1), limit: PER_PAGE }),
    placeholderData: keepPreviousData,
  })
  const narrowed = search !== '' || source !== undefined || since !== ''
  const first = () => setTrail([])
  const next = list.data?.nextCursor
  return (
    <section className="panel" aria-label="Standing opt-outs">
      <header>
        <h2 className="grow">Who opted out</h2>
        {counts.data && <span className="dim num">{count(counts.data.total)} in all</span>}
        <Button
          variant="default"
          size="compact-md"
          leftSection={<IconDownload size={16} aria-hidden />}
          onClick={dialog.open}
        >
          Export
        </Button>
      </header>
      <div className="pad row">
        <SearchField
          label="Search opt-outs"
          placeholder="Address or part of it"
          value={search}
          onSearch={(text) => {
            setSearch(text)
            first()
          }}
        />
        <Select
          aria-label="Source"
          placeholder="All sources"
          clearable
          w={230}
          data={optOutSource.options.map((value) => ({ value, label: labelOf(value, counts.data) }))}
          value={source ?? null}
          onChange={(value) => {
            setSource(
              optOutSource
                .optional()
                .catch(undefined)
                .parse(value ?? undefined),
            )
            first()
          }}
        />
        <TextInput
          type="date"
          aria-label="Since"
          value={since}
          onChange={(event) => {
            setSince(event.currentTarget.value)
            first()
          }}
        />
      </div>
      {list.error && !list.data ? (
        <ErrorPanel
          title="The opt-outs could not be loaded. Nothing was changed."
          error={list.error}
          onRetry={() => void list.refetch()}
        />
      ) : !list.data ? (
        <Waiting />
      ) : list.data.items.length === 0 ? (
        <Text className="pad" c="dimmed" size="sm">
          {narrowed ? 'No opt-out matches.' : 'Nobody has opted out yet.'}
        </Text>
      ) : (
        <div className="scroll">
          <table className="grid">
            <thead>
              <tr>
                <th scope="col">Address</th>
                <th scope="col">How</th>
                <th scope="col" className="right">
                  Since
                </th>
              </tr>
            </thead>
            <tbody>
              {list.data.items.map((one, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: addresses that are no contacts have no id
                <tr key={`${one.at} ${one.address ?? index}`}>
                  <td>{one.address ? <Address>{one.address}</Address> : <span className="dim">Not a contact</span>}</td>
                  <td>{sources[one.source]}</td>
                  <td className="right">
                    <When at={one.at} as="second" />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <div className="pad">
        <Pager
          page={trail.length + 1}
          perPage={PER_PAGE}
          shown={list.data?.items.length ?? 0}
          total={narrowed ? undefined : counts.data?.total}
          onPrevious={trail.length > 0 ? () => setTrail(trail.slice(0, -1)) : undefined}
          onNext={next ? () => setTrail([...trail, next]) : undefined}
        />
      </div>
      <ExportOptOuts opened={exporting} onClose={dialog.close} />
    </section>
  )
}

function labelOf(source: OptOutSource, counts: { bySource: { source: OptOutSource; count: number }[] } | undefined) {
  const n = counts?.bySource.find((one) => one.source === source)?.count
  return n ? `${sources[source]} (${count(n)})` : sources[source]
}

function ExportOptOuts({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const [plain, setPlain] = useState(false)
  const [reason, setReason] = useState('')
  const isMissing = plain && reason.trim() === ''
  return (
    <Modal opened={opened} onClose={onClose} title="Export the opt-outs">
      <div className="stack">
        <Text>
          Addresses that opted out may not be given to others, except to keep their wish. Who exports them, and when, is
          kept.
        </Text>
        <Radio.Group
          label="What stands in the file"
          value={plain ? 'plain' : 'keys'}
          onChange={(value) => setPlain(value === 'plain')}
        >
          <div className="stack tight">
            <Radio
              value="keys"
              label="Keys"
              description="They say nothing to anybody without this installation's secret."
            />
            <Radio value="plain" label="Keys, and the addresses of contacts" />
          </div>
        </Radio.Group>
        {plain && (
          <TextInput
            label="What are they needed for?"
            value={reason}
            maxLength={500}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
        )}
        <div className="row dialog-acts">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            disabled={isMissing}
            onClick={() => {
              window.location.assign(downloads.optOuts(plain ? reason.trim() : undefined))
              onClose()
            }}
          >
            Download
          </Button>
        </div>
      </div>
    </Modal>
  )
}
