import { Button, Select, VisuallyHidden } from '@mantine/core'
import { IconMessages, IconPlus } from '@tabler/icons-react'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import type { Topic } from '../../src/audience/topic.contract.ts'
import { paths } from '../paths.ts'
import { EmptyState } from '../ui/EmptyState.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { count, counted } from '../ui/format.ts'
import { PageHeader } from '../ui/PageHeader.tsx'
import { movedIds, RowActs } from '../ui/RowActs.tsx'
import { Waiting } from '../ui/Waiting.tsx'
import { TopicDialog } from './TopicDialog.tsx'
import { useTopicArchive, useTopicOrder, useTopics } from './topics.ts'

const shown = [
  { value: 'used', label: 'In use' },
  { value: 'archived', label: 'Archived' },
]

export function TopicsPage() {
  const search: Record<string, unknown> = useSearch({ strict: false })
  const archived = search['show'] === 'archived'
  const topics = useTopics(archived)
  const navigate = useNavigate()
  const [editing, edit] = useState<Topic | 'new' | null>(null)
  const none = topics.data?.length === 0
  const button = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => edit('new')} data-primary>
      Create a topic
    </Button>
  )
  return (
    <>
      <PageHeader
        title="Topics"
        note={topics.data && !none && counted(topics.data.length, archived ? 'archived topic' : 'topic')}
        actions={!(none && !archived) && button}
      />
      <div className="body">
        <div className="row">
          <Select
            aria-label="Show topics"
            data={shown}
            value={archived ? 'archived' : 'used'}
            onChange={(value) =>
              void navigate({ to: paths.topics, search: value === 'archived' ? { show: value } : {} })
            }
            w={140}
          />
        </div>
        {topics.error && !topics.data ? (
          <ErrorPanel
            title="The topics could not be loaded. Nothing was changed."
            error={topics.error}
            onRetry={() => void topics.refetch()}
          />
        ) : !topics.data ? (
          <Waiting />
        ) : none ? (
          <EmptyState
            icon={IconMessages}
            title={archived ? 'No topic is archived' : 'No topics yet'}
            action={archived ? null : button}
          >
            {archived
              ? 'An archived topic is off the preferences page. What people chose is kept.'
              : 'A topic is something people choose to get, such as a monthly letter. They choose it themselves; leaving a topic is no opt-out.'}
          </EmptyState>
        ) : (
          <TopicTable topics={topics.data} archived={archived} onEdit={edit} />
        )}
      </div>
      <TopicDialog topic={editing === 'new' ? null : editing} opened={editing !== null} onClose={() => edit(null)} />
    </>
  )
}

type TableProps = { topics: Topic[]; archived: boolean; onEdit: (topic: Topic) => void }

function TopicTable({ topics, archived, onEdit }: TableProps) {
  const order = useTopicOrder()
  const archive = useTopicArchive()
  return (
    <section className="panel scroll" aria-label="Topics">
      <table className="grid">
        <thead>
          <tr>
            <th scope="col">Topic</th>
            <th scope="col" className="right">
              Get it
            </th>
            <th scope="col" className="right only-wide">
              Left it
            </th>
            <th scope="col">
              <VisuallyHidden>Actions</VisuallyHidden>
            </th>
          </tr>
        </thead>
        <tbody>
          {topics.map((topic, place) => (
            <tr key={topic.id}>
              <td>
                <div>{topic.name}</div>
                {topic.description && <div className="dim note">{topic.description}</div>}
              </td>
              <td className="right num">{count(topic.counts.chosen)}</td>
              <td className="right num only-wide">{count(topic.counts.left)}</td>
              <td>
                <RowActs
                  name={topic.name}
                  place={place}
                  last={topics.length - 1}
                  archived={archived}
                  onMove={(to) => order.mutate(movedIds(topics, place, to))}
                  onEdit={() => onEdit(topic)}
                  onArchive={() => archive.mutate({ id: topic.id, to: archived ? 'restore' : 'archive' })}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
