import { Switch, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { organization } from '../../src/accounts/organization.contract.ts'
import { get, patch } from '../api.ts'
import { Confirm } from '../ui/Confirm.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { listed } from '../ui/format.ts'
import { noticeDone } from '../ui/notice.tsx'
import { Panel } from '../ui/Panel.tsx'
import { When } from '../ui/When.tsx'

/** Whether an opt-out from one account of the organization is one from all of them. */
export function OneOptOut() {
  const client = useQueryClient()
  const [asking, ask] = useDisclosure(false)
  const { data, error, refetch } = useQuery({
    queryKey: ['organization'],
    queryFn: () => get('/organization', organization),
  })
  async function set(oneOptOut: boolean) {
    client.setQueryData(['organization'], await patch('/organization', organization, { oneOptOut }))
    noticeDone('Saved.')
  }
  if (error && !data)
    return (
      <ErrorPanel
        title="The organization could not be loaded. Nothing was changed."
        error={error}
        onRetry={() => void refetch()}
      />
    )
  if (!data) return null
  const isOn = data.oneOptOutSince !== null
  return (
    <Panel title={`Organization ${data.name}`}>
      <div className="stack tight">
        <Text size="sm">
          {data.accounts.length === 1 ? 'Its only account is' : 'Its accounts are'} {listed(data.accounts)}.
        </Text>
        <Switch
          label="One opt-out covers all accounts"
          description="Whoever opts out with a link, with one click or on the preferences page gets no mail from any of them, nor from accounts that are added later."
          checked={isOn}
          onChange={ask.open}
        />
        {data.oneOptOutSince && (
          <Text size="sm" c="dimmed">
            Since <When at={data.oneOptOutSince} />
          </Text>
        )}
      </div>
      <Confirm
        opened={asking}
        title={isOn ? 'Let opt-outs hold in one account alone?' : 'Let one opt-out cover all accounts?'}
        consequence={isOn ? 'brand' : 'optOut'}
        onClose={ask.close}
        onYes={() => set(!isOn)}
      >
        <Text>
          {isOn
            ? 'This is about opt-outs from now on. Nobody who is opted out comes back: what stands in an account stays.'
            : 'What people said with a link, one click or the preferences page of one account then holds in all of them, also what they said before. Turning this off later frees nobody.'}
        </Text>
      </Confirm>
    </Panel>
  )
}
