import { Button, Switch, Text, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { type OrganizationChange, organization, organizationChange } from '../../src/accounts/organization.contract.ts'
import { get, messageOf, patch } from '../api.ts'
import { Confirm } from '../ui/Confirm.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { listed } from '../ui/format.ts'
import { noticeDone } from '../ui/notice.tsx'
import { Panel } from '../ui/Panel.tsx'
import { When } from '../ui/When.tsx'

/** The organization's name, and whether an opt-out from one of its accounts is one from all of them. */
export function OrganizationPanel() {
  const client = useQueryClient()
  const [asking, ask] = useDisclosure(false)
  const { data, error, refetch } = useQuery({
    queryKey: ['organization'],
    queryFn: () => get('/organization', organization),
  })
  async function change(given: OrganizationChange) {
    client.setQueryData(['organization'], await patch('/organization', organization, given))
    await client.invalidateQueries({ queryKey: ['me'] })
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
    <Panel title="Organization">
      <div className="stack tight">
        <Name key={data.name} name={data.name} onSave={(name) => change({ name })} />
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
        onYes={() => change({ oneOptOut: !isOn })}
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

function Name({ name, onSave }: { name: string; onSave: (name: string) => Promise<unknown> }) {
  const [typed, setTyped] = useState(name)
  const save = useMutation({ mutationFn: onSave })
  const fault = organizationChange.safeParse({ name: typed }).error?.issues[0]?.message
  return (
    <form
      className="row"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        if (!fault) save.mutate(typed.trim())
      }}
    >
      <TextInput
        className="grow"
        label="Name of the organization"
        description="Recipients read it where one opt-out covers several accounts"
        inputWrapperOrder={['label', 'input', 'description', 'error']}
        value={typed}
        error={fault ?? (save.error && messageOf(save.error))}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
      <Button type="submit" variant="default" disabled={typed.trim() === name} loading={save.isPending}>
        Save name
      </Button>
    </form>
  )
}
