import { Button } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { MailingSource } from '../../src/mailings/blocks.contract.ts'
import { template } from '../../src/mailings/kept.contract.ts'
import { anything, del, post } from '../api.ts'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { IconAct } from '../ui/IconAct.tsx'
import { MailFrame } from '../ui/MailFrame.tsx'
import { noticeDone, noticeFault } from '../ui/notice.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { Panel } from '../ui/Panel.tsx'
import { Waiting } from '../ui/Waiting.tsx'
import { type Beginning, NewMailing } from './NewMailing.tsx'
import { useSavedBlocks } from './SaveBlock.tsx'
import { useSourcePreview, useTemplates } from './templates.ts'

/** What mailings begin from: the account's own templates, and six that come with the program. */
export function TemplatesPage() {
  const list = useTemplates()
  const [begin, setBegin] = useState<Beginning | null>(null)
  const client = useQueryClient()
  const renew = () => client.invalidateQueries({ queryKey: ['templates'] })
  const forget = useMutation({
    mutationFn: ({ id }: { id: string; name: string; source: MailingSource }) => del(`/templates/${id}`, anything),
    onSuccess: async (_, { name, source }) => {
      await renew()
      noticeDone(`Removed “${name}”.`, async () => {
        await post('/templates', template, { name, source })
        await renew()
      })
    },
    onError: noticeFault,
  })
  return (
    <>
      <PageHeader crumbs={[{ name: 'Mailings', to: '/mailings' }]} title="Templates" />
      <div className="body stack">
        {list.error && !list.data ? (
          <ErrorPanel
            title="The templates could not be loaded."
            error={list.error}
            onRetry={() => void list.refetch()}
          />
        ) : !list.data ? (
          <Waiting />
        ) : (
          <>
            <ul className="templates" aria-label="Templates">
              {list.data.items.map(({ id, name, source }) => (
                <Card
                  key={id}
                  name={name}
                  about="Saved by you or a colleague"
                  source={source}
                  onUse={() => setBegin({ name, source, subject: '' })}
                >
                  <IconAct
                    icon={IconTrash}
                    name={`Remove ${name}`}
                    onClick={() => forget.mutate({ id, name, source })}
                  />
                </Card>
              ))}
              {list.data.starters.map(({ key, name, about, source, subject }) => (
                <Card
                  key={key}
                  name={name}
                  about={about}
                  source={source}
                  onUse={() => setBegin({ name, source, subject })}
                />
              ))}
            </ul>
            <SavedBlocks />
          </>
        )}
      </div>
      {begin && <NewMailing opened onClose={() => setBegin(null)} begin={begin} />}
    </>
  )
}

function Card({
  name,
  about,
  source,
  onUse,
  children,
}: {
  name: string
  about: string
  source: MailingSource
  onUse: () => void
  children?: React.ReactNode
}) {
  const preview = useSourcePreview(source)
  return (
    <li className="panel template">
      <div className="template-sheet" aria-hidden inert>
        {preview.data && <MailFrame title={name} html={preview.data.html} />}
      </div>
      <div className="pad row">
        <div className="grow">
          <h2>{name}</h2>
          <p className="dim">{about}</p>
        </div>
        {children}
        <Button variant="default" aria-label={`Use ${name}`} onClick={onUse}>
          Use
        </Button>
      </div>
    </li>
  )
}

function SavedBlocks() {
  const blocks = useSavedBlocks()
  const client = useQueryClient()
  const forget = useMutation({
    mutationFn: (id: string) => del(`/saved-blocks/${id}`, anything),
    onSuccess: () => client.invalidateQueries({ queryKey: ['saved-blocks'] }),
    onError: noticeFault,
  })
  const items = blocks.data?.items ?? []
  if (items.length === 0) return null
  return (
    <Panel title="Saved blocks">
      <ul className="plain-list" aria-label="Saved blocks">
        {items.map(({ id, name }) => (
          <li key={id} className="row one">
            <span className="grow">{name}</span>
            <IconAct icon={IconTrash} name={`Remove the block ${name}`} onClick={() => forget.mutate(id)} />
          </li>
        ))}
      </ul>
    </Panel>
  )
}
