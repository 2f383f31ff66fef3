import { ActionIcon, Button, CopyButton, Modal, Select, Text, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconCheck, IconCopy, IconKey, IconPlus, IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { z } from 'zod'
import { type ApiKey, apiKey, type MadeApiKey, madeApiKey } from '../../src/accounts/session.contract.ts'
import { anything, del, get, messageOf, post } from '../api.ts'
import { Banner } from '../ui/Banner.tsx'
import { Confirm } from '../ui/Confirm.tsx'
import { EmptyState } from '../ui/EmptyState.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { noticeDone } from '../ui/notice.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { Waiting } from '../ui/Waiting.tsx'
import { When } from '../ui/When.tsx'

const keyList = z.object({ items: z.array(apiKey) })
const scopes = { read: 'May look', full: 'May do everything' }

export function ApiKeysPage() {
  const keys = useQuery({ queryKey: ['api-keys'], queryFn: () => get('/api-keys', keyList) })
  const [made, setMade] = useState<MadeApiKey>()
  const [revoking, setRevoking] = useState<ApiKey>()
  const [naming, name] = useDisclosure(false)
  const client = useQueryClient()
  const shown = keys.data?.items.filter((key) => key.revokedAt === null) ?? []
  const newKey = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={name.open} data-primary>
      New key
    </Button>
  )
  const revoke = async () => {
    if (!revoking) return
    await del(`/api-keys/${revoking.id}`, anything)
    await client.invalidateQueries({ queryKey: ['api-keys'] })
    if (made?.id === revoking.id) setMade(undefined)
    noticeDone(`Revoked ${revoking.name}.`)
  }
  return (
    <>
      <PageHeader
        title="API keys"
        note="For programs that use the API under /api/v1"
        actions={shown.length > 0 ? newKey : undefined}
      />
      <div className="body narrow">
        {made && <FreshKey made={made} />}
        {keys.error && !keys.data ? (
          <ErrorPanel
            title="The keys could not be loaded. Nothing was changed."
            error={keys.error}
            onRetry={() => void keys.refetch()}
          />
        ) : !keys.data ? (
          <Waiting />
        ) : shown.length === 0 ? (
          <EmptyState icon={IconKey} title="No API keys" action={newKey}>
            A key lets a program read or change this account. It cannot bring back anybody who opted out.
          </EmptyState>
        ) : (
          <section className="panel scroll" aria-label="API keys">
            <table className="grid">
              <thead>
                <tr>
                  <th>Name</th>
                  <th>Scope</th>
                  <th className="only-wide">Ends in</th>
                  <th className="right only-wide">Last used</th>
                  <th className="right only-wide">Made</th>
                  <th>
                    <span className="sr">Revoke</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {shown.map((key) => (
                  <tr key={key.id}>
                    <th scope="row">{key.name}</th>
                    <td>{scopes[key.scope]}</td>
                    <td className="mono only-wide">{key.hint}</td>
                    <td className="right only-wide">
                      {key.lastUsedAt ? <When at={key.lastUsedAt} as="brief" /> : 'Never'}
                    </td>
                    <td className="right only-wide">
                      <When at={key.createdAt} as="day" />
                    </td>
                    <td className="right">
                      <ActionIcon aria-label={`Revoke ${key.name}`} title="Revoke" onClick={() => setRevoking(key)}>
                        <IconTrash size={16} aria-hidden />
                      </ActionIcon>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        )}
      </div>
      <NewKey opened={naming} onClose={name.close} onMade={setMade} />
      <Confirm
        opened={revoking !== undefined}
        title={`Revoke the key ${revoking?.name ?? ''}?`}
        consequence="red"
        onYes={revoke}
        onClose={() => setRevoking(undefined)}
      >
        <Text>Programs that use it are refused from then on. You cannot undo this.</Text>
      </Confirm>
    </>
  )
}

function FreshKey({ made }: { made: MadeApiKey }) {
  return (
    <Banner
      tint="brand"
      icon={IconKey}
      title={`The key ${made.name}`}
      actions={
        <CopyButton value={made.token}>
          {({ copied, copy }) => (
            <Button
              variant="default"
              leftSection={copied ? <IconCheck size={15} aria-hidden /> : <IconCopy size={15} aria-hidden />}
              onClick={copy}
            >
              {copied ? 'Copied' : 'Copy key'}
            </Button>
          )}
        </CopyButton>
      }
    >
      <p className="mono key-text">{made.token}</p>
      <p>Copy it now: it is shown this once.</p>
    </Banner>
  )
}

function NewKey({
  opened,
  onClose,
  onMade,
}: {
  opened: boolean
  onClose: () => void
  onMade: (key: MadeApiKey) => void
}) {
  const [name, setName] = useState('')
  const [scope, setScope] = useState<'read' | 'full'>('full')
  const [problem, setProblem] = useState('')
  const client = useQueryClient()
  const make = useMutation({
    mutationFn: () => post('/api-keys', madeApiKey, { name: name.trim(), scope }),
    onSuccess: async (made) => {
      await client.invalidateQueries({ queryKey: ['api-keys'] })
      setName('')
      onMade(made)
      onClose()
    },
    onError: (error) => setProblem(messageOf(error)),
  })
  return (
    <Modal opened={opened} onClose={onClose} title="New API key">
      <form
        className="stack tight"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          setProblem('')
          if (name.trim() === '') setProblem('Enter a name for the key.')
          else make.mutate()
        }}
      >
        <TextInput
          label="Name"
          description="Say which program uses it"
          data-autofocus
          value={name}
          error={problem}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Select
          label="Scope"
          data={Object.entries(scopes).map(([value, label]) => ({ value, label }))}
          value={scope}
          onChange={(value) => setScope(value === 'read' ? 'read' : 'full')}
        />
        <div className="row dialog-acts">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={make.isPending}>
            Make key
          </Button>
        </div>
      </form>
    </Modal>
  )
}
