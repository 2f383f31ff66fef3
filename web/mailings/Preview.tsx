import { SegmentedControl, Select, Switch } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconDeviceDesktop, IconDeviceMobile } from '@tabler/icons-react'
import { useState } from 'react'
import { messageOf } from '../api.ts'
import { nameOf, useContacts } from '../audience/contacts.ts'
import { Banner } from '../ui/Banner.tsx'
import { MailFrame } from '../ui/MailFrame.tsx'
import { Panel } from '../ui/Panel.tsx'
import { Waiting } from '../ui/Waiting.tsx'
import { usePreview } from './mailings.ts'

/** The mailing as one reader gets it, footer included; renewed when the draft was saved. */
export function Preview({ id, version }: { id: string; version: string }) {
  const [contactId, setContactId] = useState<string | null>(null)
  const [width, setWidth] = useState<'desktop' | 'phone'>('desktop')
  const [dark, setDark] = useState(false)
  const preview = usePreview(id, version, contactId ?? undefined)
  return (
    <Panel
      title="Preview"
      pad={false}
      aside={
        <SegmentedControl
          size="xs"
          aria-label="Preview width"
          value={width}
          onChange={(value) => setWidth(value === 'phone' ? 'phone' : 'desktop')}
          data={[
            { value: 'desktop', label: <IconDeviceDesktop size={15} aria-label="Desktop" /> },
            { value: 'phone', label: <IconDeviceMobile size={15} aria-label="Phone" /> },
          ]}
        />
      }
    >
      <div className="row preview-tools">
        <Reader value={contactId} onChange={setContactId} />
        <Switch label="Dark" checked={dark} onChange={(event) => setDark(event.currentTarget.checked)} />
      </div>
      {preview.error && !preview.isFetching ? (
        <div className="pad">
          <Banner tint="errored" title="No preview">
            {messageOf(preview.error)}
          </Banner>
        </div>
      ) : preview.data ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls where the panel is narrower than a mail at a desk
        <div className="sheetbox scroll" role="group" aria-label="The mail" tabIndex={0}>
          <div className="sheet" style={width === 'phone' ? { maxWidth: 390 } : { maxWidth: 640, minWidth: 602 }}>
            <MailFrame
              title={`Preview: ${preview.data.subject || 'no subject'}`}
              html={preview.data.html}
              dark={dark}
            />
          </div>
        </div>
      ) : (
        <Waiting />
      )}
    </Panel>
  )
}

function Reader({ value, onChange }: { value: string | null; onChange: (id: string | null) => void }) {
  const [search, setSearch] = useState('')
  const [rested] = useDebouncedValue(search, 200)
  const found = useContacts(rested === '' ? {} : { search: rested }, undefined)
  return (
    <Select
      aria-label="Read as"
      placeholder="As an invented contact"
      className="grow"
      searchable
      clearable
      value={value}
      onChange={onChange}
      onSearchChange={setSearch}
      filter={({ options }) => options}
      nothingFoundMessage="No contact matches"
      data={(found.data?.items ?? []).map((one) => ({
        value: one.id,
        label: nameOf(one) ? `${nameOf(one)}, ${one.address}` : one.address,
      }))}
    />
  )
}
