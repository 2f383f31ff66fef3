import { Button, SegmentedControl, Text, Title, UnstyledButton } from '@mantine/core'
import { IconDeviceDesktop, IconDeviceMobile, IconInbox, IconMailbox } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback, useState } from 'react'
import { z } from 'zod'
import type { OpenLetter } from '../../src/delivery/mailbox.contract.ts'
import { useMe } from '../session/session.ts'
import { Address } from '../ui/Address.tsx'
import { EmptyState } from '../ui/EmptyState.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { MailFrame } from '../ui/MailFrame.tsx'
import { noticeDone, noticeFault } from '../ui/notice.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { SearchField } from '../ui/SearchField.tsx'
import { Waiting } from '../ui/Waiting.tsx'
import { When } from '../ui/When.tsx'
import { pressOneClick, useLetter, useLetters } from './letters.ts'

const searchSchema = z.object({ letter: z.string().optional().catch(undefined), search: z.string().catch('') })

export function MailboxPage() {
  const { letter, search } = searchSchema.parse(useSearch({ strict: false }))
  const letters = useLetters(search)
  const navigate = useNavigate()
  const builtIn = useMe().data?.builtInMailbox
  const setSearch = useCallback(
    (text: string) => void navigate({ to: '.', replace: true, search: { search: text } }),
    [navigate],
  )
  const items = letters.data?.pages.flatMap((page) => page.items) ?? []
  const open = letter ?? items[0]?.id
  const note =
    builtIn === false
      ? 'Mail goes to your mail server now. Here are messages from before.'
      : 'Every message as its recipient would see it. No mail server is set, so nothing leaves this machine.'
  return (
    <>
      <PageHeader title="Mailbox" note={note} />
      <div className="body">
        {letters.error && !letters.data ? (
          <ErrorPanel
            title="The mailbox could not be loaded. Nothing was changed."
            error={letters.error}
            onRetry={() => void letters.refetch()}
          />
        ) : !letters.data ? (
          <Waiting />
        ) : items.length === 0 && search === '' ? (
          <EmptyState icon={IconInbox} title="No messages yet">
            Send a mailing: without a mail server every message ends here, with links that work.
          </EmptyState>
        ) : (
          <div className="panel mailbox">
            <section className="list" aria-label="Messages">
              <div className="list-search">
                <SearchField
                  label="Search messages"
                  placeholder="Recipient or subject"
                  value={search}
                  onSearch={setSearch}
                />
              </div>
              {items.map((one) => (
                <UnstyledButton
                  key={one.id}
                  className="letter"
                  {...(one.id === open ? { 'aria-current': true } : {})}
                  onClick={() => void navigate({ to: '.', search: { letter: one.id, search } })}
                >
                  <span className="row one">
                    <b className="grow clip">{one.recipient}</b>
                    <span className="dim">
                      <When at={one.at} as="brief" />
                    </span>
                  </span>
                  <span>{one.subject}</span>
                </UnstyledButton>
              ))}
              {items.length === 0 && (
                <Text p={16} size="sm">
                  No message matches “{search}”.
                </Text>
              )}
              {letters.hasNextPage && (
                <Button
                  variant="subtle"
                  fullWidth
                  loading={letters.isFetchingNextPage}
                  onClick={() => void letters.fetchNextPage()}
                >
                  Show more
                </Button>
              )}
            </section>
            <section className="message" aria-label="Message">
              {open && <Letter id={open} />}
            </section>
          </div>
        )}
      </div>
    </>
  )
}

function Letter({ id }: { id: string }) {
  const letter = useLetter(id)
  const [part, setPart] = useState('HTML')
  const [width, setWidth] = useState('desktop')
  if (letter.error)
    return (
      <ErrorPanel title="The message could not be loaded" error={letter.error} onRetry={() => void letter.refetch()} />
    )
  if (!letter.data) return <Waiting />
  const one = letter.data
  return (
    <>
      <div className="row letter-head">
        <div className="grow">
          <Title order={2}>{one.subject}</Title>
          <Text size="sm" c="dimmed">
            {one.from}, to <Address>{one.recipient}</Address>, <When at={one.at} />
          </Text>
        </div>
        <SegmentedControl
          size="xs"
          data={['HTML', 'Text', 'Source']}
          aria-label="Part of the message"
          value={part}
          onChange={setPart}
        />
        {part === 'HTML' && (
          <SegmentedControl
            size="xs"
            aria-label="Width"
            value={width}
            onChange={setWidth}
            data={[
              { value: 'desktop', label: <IconDeviceDesktop size={16} aria-label="Desktop" /> },
              { value: 'phone', label: <IconDeviceMobile size={16} aria-label="Phone" /> },
            ]}
          />
        )}
      </div>
      <OneClick letter={one} />
      {part === 'HTML' && (
        <div className="sheetbox">
          <div className="sheet" style={{ maxWidth: width === 'phone' ? 375 : 640 }}>
            <MailFrame title={`Message to ${one.recipient}`} html={one.html} />
          </div>
        </div>
      )}
      {part === 'Text' && <LinkedText text={one.text} />}
      {part === 'Source' && <pre className="letter-text mono">{one.source}</pre>}
    </>
  )
}

/** What the mail program itself offers beside the sender's name (RFC 8058). */
function OneClick({ letter }: { letter: OpenLetter }) {
  const client = useQueryClient()
  const press = useMutation({
    mutationFn: () => pressOneClick(letter.oneClickUrl ?? ''),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['contacts'] })
      noticeDone(`${letter.recipient} is opted out.`)
    },
    onError: noticeFault,
  })
  if (!letter.oneClickUrl) return null
  return (
    <div className="headerbar">
      <IconMailbox size={16} aria-hidden />
      <span className="grow">The mail program would show an opt-out button here.</span>
      <Button size="compact-sm" variant="default" loading={press.isPending} onClick={() => press.mutate()}>
        Press it
      </Button>
    </div>
  )
}

/** The text part with its addresses as links, as mail programs show it. */
function LinkedText({ text }: { text: string }) {
  const pieces = text.split(/(https?:\/\/[A-Za-z0-9_./:?&=%~#@-]*[A-Za-z0-9_/=-])/)
  return (
    <pre className="letter-text">
      {pieces.map((piece, index) =>
        index % 2 === 1 ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text, in its order
          <a key={index} href={piece} target="_blank" rel="noreferrer">
            {piece}
          </a>
        ) : (
          piece
        ),
      )}
    </pre>
  )
}
