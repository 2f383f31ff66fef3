import { Button, Checkbox, MultiSelect, Text } from '@mantine/core'
import { IconArrowLeft, IconArrowRight, IconUsersGroup } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import type { ContactCounts } from '../../src/audience/contact.contract.ts'
import type { Group } from '../../src/audience/group.contract.ts'
import type { Mailing } from '../../src/mailings/mailing.contract.ts'
import { useGroups } from '../audience/groups.ts'
import { useTopics } from '../audience/topics.ts'
import { useSegmentCounts, useSegments } from '../optouts/segments.ts'
import { paths } from '../paths.ts'
import { EmptyState } from '../ui/EmptyState.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { count, counted, listed } from '../ui/format.ts'
import { ButtonLink } from '../ui/links.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { Panel } from '../ui/Panel.tsx'
import { Waiting } from '../ui/Waiting.tsx'
import { MailingSteps } from './MailingSteps.tsx'
import { useDraft } from './useDraft.ts'

export function MailingAudience({ mailing }: { mailing: Mailing }) {
  const { draft, change, flush, problem } = useDraft(mailing)
  const groups = useGroups()
  const segments = useSegments()
  const topics = useTopics()
  const navigate = useNavigate()
  const toggle = (id: string, ticked: boolean) =>
    change({ groupIds: ticked ? [...draft.groupIds, id] : draft.groupIds.filter((one) => one !== id) })
  const goTo = async (to: string) => {
    if (await flush()) await navigate({ to })
  }
  return (
    <>
      <PageHeader
        crumbs={[{ name: 'Mailings', to: paths.mailings }]}
        title={mailing.name}
        note={`Draft, ${chosenInWords(draft)}`}
      />
      <div className="body">
        <MailingSteps id={mailing.id} at="Audience" />
        {problem && <ErrorPanel title="Your choice is not saved" error={problem} onRetry={() => void flush()} />}
        {groups.error && !groups.data ? (
          <ErrorPanel
            title="The groups could not be loaded. Nothing was changed."
            error={groups.error}
            onRetry={() => void groups.refetch()}
          />
        ) : !groups.data ? (
          <Waiting />
        ) : groups.data.length + (segments.data?.length ?? 0) + (topics.data?.length ?? 0) === 0 ? (
          <EmptyState
            icon={IconUsersGroup}
            title="No groups yet"
            action={<ButtonLink to={paths.newImport}>Import contacts</ButtonLink>}
          >
            A mailing goes to groups, segments and topics. An import can make a group, and so can you on the page
            Groups.
          </EmptyState>
        ) : (
          <>
            <Panel title="Groups that get this mailing">
              {groups.data.length === 0 ? (
                <Text c="dimmed">There are no groups yet.</Text>
              ) : (
                <Checkbox.Group aria-label="Groups that get this mailing" value={draft.groupIds}>
                  <div className="stack tight">
                    {groups.data.map((group) => (
                      <Checkbox
                        key={group.id}
                        value={group.id}
                        label={group.name}
                        description={countsInWords(group.counts)}
                        onChange={(event) => toggle(group.id, event.currentTarget.checked)}
                      />
                    ))}
                  </div>
                </Checkbox.Group>
              )}
            </Panel>
            {(segments.data?.length ?? 0) > 0 && (
              <Panel title="Segments that get this mailing">
                <Checkbox.Group
                  aria-label="Segments that get this mailing"
                  value={draft.segmentIds}
                  onChange={(segmentIds) => change({ segmentIds })}
                >
                  <div className="stack tight">
                    {segments.data?.map(({ id, name }) => (
                      <Checkbox key={id} value={id} label={name} description={<SegmentCounts id={id} />} />
                    ))}
                  </div>
                </Checkbox.Group>
              </Panel>
            )}
            {(topics.data?.length ?? 0) > 0 && (
              <Panel title="Topics of this mailing">
                <Checkbox.Group
                  aria-label="Topics of this mailing"
                  value={draft.topicIds}
                  onChange={(topicIds) => change({ topicIds })}
                >
                  <div className="stack tight">
                    {topics.data?.map(({ id, name, counts }) => (
                      <Checkbox
                        key={id}
                        value={id}
                        label={name}
                        description={`${count(counts.chosen)} chose it, ${count(counts.left)} left it`}
                      />
                    ))}
                  </div>
                </Checkbox.Group>
                <Text size="sm" c="dimmed" mt={12}>
                  {topicRule(draft)}
                </Text>
              </Panel>
            )}
            <Panel title="Who is left out">
              <div className="two">
                <MultiSelect
                  label="Groups that do not get it"
                  data={groups.data.map(({ id, name }) => ({ value: id, label: name }))}
                  value={draft.excludedGroupIds}
                  searchable
                  onChange={(excludedGroupIds) => change({ excludedGroupIds })}
                />
                <MultiSelect
                  label="Segments that do not get it"
                  data={(segments.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
                  value={draft.excludedSegmentIds}
                  searchable
                  onChange={(excludedSegmentIds) => change({ excludedSegmentIds })}
                />
              </div>
            </Panel>
            <Text size="sm" c="dimmed">
              Whoever is in several of them gets the mailing once. Whoever opted out is left out, always. The next step
              counts everybody and says why somebody is left out.
            </Text>
          </>
        )}
      </div>
      <div className="foot">
        <Button
          variant="default"
          leftSection={<IconArrowLeft size={16} aria-hidden />}
          onClick={() => void goTo(paths.mailing(mailing.id))}
        >
          Back
        </Button>
        <div className="grow" />
        <Button
          rightSection={<IconArrowRight size={16} aria-hidden />}
          onClick={() => void goTo(paths.mailingSend(mailing.id))}
          data-primary
        >
          Check and send
        </Button>
      </div>
    </>
  )
}

/** Counted for each segment by itself, so that the page is there at once. */
function SegmentCounts({ id }: { id: string }) {
  const { data, error } = useSegmentCounts(id)
  if (error) return 'Not counted'
  return data ? countsInWords(data) : '…'
}

const countsInWords = ({ active, error, optOut }: ContactCounts | Group['counts']) =>
  `${count(active)} Active, ${count(error)} Error, ${count(optOut)} Opt-Out`

type Choice = Pick<Mailing, 'groupIds' | 'segmentIds' | 'topicIds'>

function chosenInWords({ groupIds, segmentIds, topicIds }: Choice): string {
  const parts = [
    groupIds.length > 0 && counted(groupIds.length, 'group'),
    segmentIds.length > 0 && counted(segmentIds.length, 'segment'),
    topicIds.length > 0 && counted(topicIds.length, 'topic'),
  ].filter((part) => part !== false)
  return parts.length === 0 ? 'nobody chosen' : `${listed(parts)} chosen`
}

/** Whom the topics let through. */
function topicRule({ groupIds, segmentIds, topicIds }: Choice): string {
  if (topicIds.length === 0) return 'With a topic, only people who chose it themselves get the mailing.'
  return groupIds.length + segmentIds.length === 0
    ? 'Everybody who chose one of these topics gets the mailing.'
    : 'Of the groups and segments above, only people who chose one of these topics get the mailing.'
}
