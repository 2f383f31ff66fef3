import { Button, Checkbox, Select, Text, Textarea, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { type Account, type AccountChange, account as accountSchema } from '../../src/accounts/account.contract.ts'
import { faultsOf, get, patch } from '../api.ts'
import { useMe } from '../session/session.ts'
import { Banner } from '../ui/Banner.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { noticeDone } from '../ui/notice.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { Panel } from '../ui/Panel.tsx'
import { Waiting } from '../ui/Waiting.tsx'
import { OrganizationPanel } from './OrganizationPanel.tsx'

const languages = [
  { value: 'en', label: 'English' },
  { value: 'de', label: 'Deutsch' },
  { value: 'ar', label: 'العربية' },
]

export function SenderPage() {
  const account = useQuery({ queryKey: ['account'], queryFn: () => get('/account', accountSchema) })
  return (
    <>
      <PageHeader title="Sender" note="What every mailing takes from this account" />
      <div className="body narrow">
        {account.error && !account.data ? (
          <ErrorPanel
            title="The settings could not be loaded. Nothing was changed."
            error={account.error}
            onRetry={() => void account.refetch()}
          />
        ) : account.data ? (
          <>
            <SenderForm account={account.data} />
            <OrganizationPanel />
          </>
        ) : (
          <Waiting />
        )}
      </div>
    </>
  )
}

function SenderForm({ account }: { account: Account }) {
  const [change, setChange] = useState<AccountChange>({})
  const client = useQueryClient()
  const form = useRef<HTMLFormElement>(null)
  const mailbox = useMe().data?.builtInMailbox
  const save = useMutation({
    mutationFn: () => patch('/account', accountSchema, change),
    onSuccess: async (saved) => {
      client.setQueryData(['account'], saved)
      setChange({})
      await client.invalidateQueries({ queryKey: ['me'] })
      noticeDone('Saved.')
    },
    onError: () =>
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus()),
  })
  const faults = faultsOf(save.error)
  const field = (name: 'name' | 'senderName' | 'senderAddress' | 'postalAddress' | 'contactUrl') => ({
    value: change[name] ?? account[name],
    error: faults[name],
    onChange: (event: { currentTarget: { value: string } }) => {
      const { value } = event.currentTarget
      setChange((before) => ({ ...before, [name]: value }))
    },
    inputWrapperOrder: ['label' as const, 'input' as const, 'description' as const, 'error' as const],
  })
  const dirty = Object.entries(change).some(
    ([name, value]) => value !== Object.entries(account).find(([key]) => key === name)?.[1],
  )
  return (
    <form
      ref={form}
      className="stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate()
      }}
    >
      {account.postalAddress === '' && (
        <Banner tint="errored" title="Nothing can be sent yet">
          Enter a postal address. It stands in the footer of every mailing; the law asks for it.
        </Banner>
      )}
      {save.error && Object.keys(faults).length === 0 && (
        <Text c="red" role="alert">
          {save.error.message}
        </Text>
      )}
      <Panel title="Account">
        <div className="stack tight">
          <div className="two">
            <TextInput label="Name" description="Recipients read it on the opt-out page" {...field('name')} />
            <Select
              label="Language of footer and pages"
              data={languages}
              value={change.language ?? account.language}
              onChange={(value) => {
                const language = languages.find((one) => one.value === value)?.value
                if (language === 'en' || language === 'de' || language === 'ar') setChange({ ...change, language })
              }}
            />
          </div>
          <Checkbox
            label="Track opens and clicks"
            description="Records which mail a person opened and which links they followed, to the hour in the figures; no IP address and no program is kept. A mailing can say otherwise, and a person's own choice on the preferences page wins."
            checked={change.tracking ?? account.tracking}
            onChange={(event) => {
              const { checked } = event.currentTarget
              setChange((before) => ({ ...before, tracking: checked }))
            }}
          />
          <Select
            label="Time zone"
            data={
              Intl.supportedValuesOf('timeZone').includes('UTC')
                ? Intl.supportedValuesOf('timeZone')
                : ['UTC', ...Intl.supportedValuesOf('timeZone')]
            }
            searchable
            limit={200}
            value={change.timeZone ?? account.timeZone}
            onChange={(value) => setChange({ ...change, ...(value ? { timeZone: value } : {}) })}
          />
        </div>
      </Panel>
      <Panel title="Sender">
        <div className="stack tight">
          <div className="two">
            <TextInput label="Sender name" {...field('senderName')} />
            <TextInput
              label="Sender address"
              type="email"
              description="Must be able to take replies"
              {...field('senderAddress')}
            />
          </div>
          <Textarea
            label="Postal address"
            description="Stands in the footer of every mailing"
            autosize
            minRows={1}
            {...field('postalAddress')}
          />
          <TextInput
            label="Contact for questions (if you like)"
            description="A page (https://…) or an address (mailto:…); stands on the opt-out page"
            {...field('contactUrl')}
          />
        </div>
      </Panel>
      <Panel title="Mail server">
        <Text size="sm">
          {mailbox
            ? 'None is set, so mail goes to the built-in mailbox and nothing leaves this machine. Set SMTP_URL and start the program again to send.'
            : 'Mail goes to the server in SMTP_URL.'}
        </Text>
      </Panel>
      <div className="row dialog-acts">
        <Button variant="default" disabled={!dirty} onClick={() => setChange({})}>
          Discard
        </Button>
        <Button type="submit" disabled={!dirty} loading={save.isPending} data-primary>
          Save
        </Button>
      </div>
    </form>
  )
}
