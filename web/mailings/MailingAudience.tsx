import { Button, Checkbox, Text } from '@mantine/core'
import { IconArrowLeft, IconArrowRight, IconUsersGroup } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import type { Mailing } from '../../src/mailings/mailing.contract.ts'
import { useGroups } from '../audience/groups.ts'
import { paths } from '../paths.ts'
import { EmptyState } from '../ui/EmptyState.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { count, counted } from '../ui/format.ts'
import { ButtonLink } from '../ui/links.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { Panel } from '../ui/Panel.tsx'
import { Waiting } from '../ui/Waiting.tsx'
import { MailingSteps } from './MailingSteps.tsx'
import { useDraft } from './useDraft.ts'

export function MailingAudience({ mailing }: { mailing: Mailing }) {
  const { draft, change, flush, problem } = useDraft(mailing)
  const groups = useGroups()
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
        note={`Draft, ${draft.groupIds.length === 0 ? 'no group chosen' : `${counted(draft.groupIds.length, 'group')} chosen`}`}
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
        ) : groups.data.length === 0 ? (
          <EmptyState
            icon={IconUsersGroup}
            title="No groups yet"
            action={<ButtonLink to={paths.newImport}>Import contacts</ButtonLink>}
          >
            A mailing goes to groups. An import can make one, and so can you on the page Groups.
          </EmptyState>
        ) : (
          <Panel title="Groups that get this mailing">
            <Checkbox.Group aria-label="Groups that get this mailing" value={draft.groupIds}>
              <div className="stack tight">
                {groups.data.map((group) => (
                  <Checkbox
                    key={group.id}
                    value={group.id}
                    label={group.name}
                    description={`${count(group.counts.active)} Active, ${count(group.counts.error)} Error, ${count(group.counts.optOut)} Opt-Out`}
                    onChange={(event) => toggle(group.id, event.currentTarget.checked)}
                  />
                ))}
              </div>
            </Checkbox.Group>
            <Text size="sm" c="dimmed" mt={16}>
              Whoever is in several groups gets the mailing once. Whoever opted out is left out.
            </Text>
          </Panel>
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
