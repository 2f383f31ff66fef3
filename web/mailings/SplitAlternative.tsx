import { Select, TextInput } from '@mantine/core'
import { useState } from 'react'
import { type Mailing, mailing as mailingSchema } from '../../src/mailings/mailing.contract.ts'
import type { Alternative, SplitPlan } from '../../src/mailings/split.contract.ts'
import { get } from '../api.ts'
import { noticeFault } from '../ui/notice.tsx'
import { useMailings } from './mailings.ts'

type Given = {
  mailing: Mailing
  tests: SplitPlan['tests']
  letter: string
  value: Alternative
  onChange: (next: Alternative) => void
}

/** What one variant of a split test has instead. */
export function AlternativeFields(given: Given) {
  const { tests, letter, value, onChange } = given
  if (tests === 'content') return <ContentField {...given} />
  if (tests === 'subject')
    return (
      <TextInput
        label={`Subject ${letter}`}
        value={value.subject ?? ''}
        onChange={(event) => onChange({ subject: event.currentTarget.value })}
      />
    )
  const sender = (part: Alternative) => {
    const { fromName = '', fromAddress = '' } = { ...value, ...part }
    onChange({ ...(fromName === '' ? {} : { fromName }), ...(fromAddress === '' ? {} : { fromAddress }) })
  }
  return (
    <>
      <TextInput
        label={`Sender name ${letter}`}
        value={value.fromName ?? ''}
        onChange={(event) => sender({ fromName: event.currentTarget.value })}
      />
      <TextInput
        label={`Sender address ${letter} (if you like)`}
        value={value.fromAddress ?? ''}
        onChange={(event) => sender({ fromAddress: event.currentTarget.value })}
      />
    </>
  )
}

/** Content is written as a mailing of its own, which is copied here as it is now. */
function ContentField({ mailing, letter, value, onChange }: Given) {
  const [from, setFrom] = useState<string | null>(null)
  const others = useMailings(undefined).data?.items.filter(({ id }) => id !== mailing.id) ?? []
  const copy = async (id: string | null) => {
    setFrom(id)
    if (id === null) return onChange({})
    const { html, text } = await get(`/mailings/${id}`, mailingSchema)
    onChange({ ...(html === '' ? {} : { html }), ...(text === '' ? {} : { text }) })
  }
  return (
    <Select
      label={`Content ${letter}: as in the mailing`}
      description={
        value.html !== undefined && from === null
          ? 'Has content already. Choose a mailing to take its content instead.'
          : 'It is copied as it is now.'
      }
      data={others.map(({ id, name }) => ({ value: id, label: name }))}
      value={from}
      searchable
      nothingFoundMessage="No mailing is called that. Write the content as a mailing of its own first."
      onChange={(id) => void copy(id).catch(noticeFault)}
    />
  )
}
