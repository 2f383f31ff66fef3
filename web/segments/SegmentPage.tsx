import { Button, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import type { Condition } from '../../src/audience/condition.contract.ts'
import {
  newSegment,
  type Segment,
  segmentPreview,
  segment as segmentSchema,
} from '../../src/audience/segment.contract.ts'
import { ApiFailure, get, isNotFound, messageOf, patch, post } from '../api.ts'
import { NotFound } from '../frame/NotFound.tsx'
import { paths } from '../paths.ts'
import { Address } from '../ui/Address.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { count, counted } from '../ui/format.ts'
import { LeaveGuard } from '../ui/LeaveGuard.tsx'
import { ButtonLink, RecordLink } from '../ui/links.tsx'
import { noticeDone } from '../ui/notice.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { Panel } from '../ui/Panel.tsx'
import { StatusBadge } from '../ui/StatusBadge.tsx'
import { Waiting } from '../ui/Waiting.tsx'
import { ConditionGroup, type Problems } from './ConditionGroup.tsx'
import { useChoices } from './choices.ts'
import { fresh } from './tree.ts'
import { inWords } from './words.ts'

const crumbs = [
  { name: 'Audience', to: paths.contacts },
  { name: 'Segments', to: paths.segments },
]
const empty: Condition = { type: 'all', of: [fresh('status', {})] }

export function SegmentPage() {
  const { id = '' } = useParams({ strict: false })
  const isNew = id === 'new'
  const found = useQuery({
    queryKey: ['segments', 'one', id],
    queryFn: () => get(`/segments/${id}`, segmentSchema),
    enabled: !isNew,
  })
  if (isNew) return <Builder key="new" segment={null} />
  if (isNotFound(found.error)) return <NotFound />
  if (found.data) return <Builder key={id} segment={found.data} />
  return (
    <>
      <PageHeader crumbs={crumbs} title="Segment" />
      <div className="body">
        {found.error ? (
          <ErrorPanel
            title="The segment could not be loaded"
            error={found.error}
            onRetry={() => void found.refetch()}
          />
        ) : (
          <Waiting />
        )}
      </div>
    </>
  )
}

function Builder({ segment }: { segment: Segment | null }) {
  const [name, setName] = useState(segment?.name ?? '')
  const [condition, setCondition] = useState<Condition>(segment?.condition ?? empty)
  const [saved, setSaved] = useState(JSON.stringify({ name, condition }))
  const choices = useChoices()
  const client = useQueryClient()
  const navigate = useNavigate()
  const isChanged = JSON.stringify({ name, condition }) !== saved
  const save = useMutation({
    mutationFn: () => {
      const body = { name, condition }
      return segment ? patch(`/segments/${segment.id}`, segmentSchema, body) : post('/segments', segmentSchema, body)
    },
    onSuccess: async (stored) => {
      setSaved(JSON.stringify({ name, condition }))
      client.setQueryData(['segments', 'one', stored.id], stored)
      await client.invalidateQueries({ queryKey: ['segments'] })
      noticeDone('Saved.')
      if (!segment) await navigate({ to: paths.segment(stored.id), replace: true, ignoreBlocker: true })
    },
  })
  const { preview, problems } = usePreview(condition)
  const [nameProblem, setNameProblem] = useState('')
  function submit() {
    const parsed = newSegment.shape.name.safeParse(name)
    setNameProblem(parsed.error?.issues[0]?.message ?? '')
    if (parsed.success) save.mutate()
  }
  return (
    <>
      <LeaveGuard active={isChanged} />
      <PageHeader
        crumbs={crumbs}
        title={segment ? segment.name : 'New segment'}
        note="Who is in it is worked out whenever it is used. Contacts in Opt-Out or Error are never sent to."
        actions={
          <>
            {segment && !isChanged && (
              <ButtonLink to={`${paths.contacts}?segment=${segment.id}`} variant="default">
                Show the contacts
              </ButtonLink>
            )}
            {isChanged && segment && (
              <Button
                variant="default"
                onClick={() => {
                  setName(segment.name)
                  setCondition(segment.condition)
                  // The server may write the same condition in another order.
                  setSaved(JSON.stringify({ name: segment.name, condition: segment.condition }))
                }}
              >
                Discard
              </Button>
            )}
            <Button disabled={!isChanged && segment !== null} loading={save.isPending} onClick={submit} data-primary>
              Save
            </Button>
          </>
        }
      />
      <div className="body">
        {save.error && (
          <Text c="red" role="alert">
            {problemsOf(save.error).size > 0
              ? 'A condition is not complete; it says what is missing. Nothing was saved.'
              : messageOf(save.error)}
          </Text>
        )}
        <div className="split">
          <div className="stack">
            <TextInput
              label="Name"
              maw={420}
              autoComplete="off"
              value={name}
              error={nameProblem}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <Panel title="Who is in it">
              <ConditionGroup
                condition={condition}
                choices={choices}
                problems={problems}
                path="/condition"
                onChange={setCondition}
              />
            </Panel>
            <Text size="sm" c="dimmed">
              Contacts {inWords(condition, choices.names)}.
            </Text>
          </div>
          <PreviewPanel preview={preview} />
        </div>
      </div>
    </>
  )
}

/** Who the condition finds now, asked for when it has rested a moment; and what is wrong with it. */
function usePreview(condition: Condition) {
  const [rested] = useDebouncedValue(condition, 300)
  const preview = useQuery({
    queryKey: ['contacts', 'preview', rested],
    queryFn: () => post('/segments/preview', segmentPreview, { condition: rested }),
    placeholderData: keepPreviousData,
    retry: false,
  })
  return { preview, problems: problemsOf(preview.error) }
}

function problemsOf(error: unknown): Problems {
  const problems: Problems = new Map()
  if (!(error instanceof ApiFailure) || error.status !== 400) return problems
  if (Array.isArray(error.fields)) {
    for (const one of error.fields) if (isIssue(one)) problems.set(one.path, one.message)
  } else if (typeof error.fields === 'object' && error.fields !== null) {
    for (const [path, message] of Object.entries(error.fields)) problems.set(path, String(message))
  }
  return problems
}

const isIssue = (one: unknown): one is { path: string; message: string } =>
  typeof one === 'object' && one !== null && 'path' in one && typeof one.path === 'string' && 'message' in one

function PreviewPanel({ preview }: { preview: ReturnType<typeof usePreview>['preview'] }) {
  const { data, error, isPlaceholderData } = preview
  if (error && !(error instanceof ApiFailure && error.status === 400))
    return <ErrorPanel title="The contacts could not be counted" error={error} onRetry={() => void preview.refetch()} />
  if (error)
    return (
      <Panel title="In it now">
        <Text c="dimmed">The contacts are counted again when every condition is complete.</Text>
      </Panel>
    )
  if (!data) return <Waiting />
  const { counts, sample } = data
  return (
    <section
      className={`panel ${isPlaceholderData ? 'stale' : ''}`}
      aria-label="In it now"
      aria-busy={isPlaceholderData}
    >
      <header>
        <h2>In it now</h2>
      </header>
      <div className="pad stack tight">
        <b className="num" role="status">
          {counted(counts.total, 'contact')}
        </b>
        <span className="dim num">
          {count(counts.active)} Active get mail, {count(counts.error)} Error, {count(counts.optOut)} Opt-Out
        </span>
        <ul className="sample">
          {sample.map(({ id, address, status }) => (
            <li key={id} className="row">
              <RecordLink to={paths.contact(id)}>
                <Address>{address}</Address>
              </RecordLink>
              <span className="grow" />
              <StatusBadge status={status} />
            </li>
          ))}
        </ul>
      </div>
    </section>
  )
}
