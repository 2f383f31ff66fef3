import { SegmentedControl } from '@mantine/core'
import { IconDeviceDesktop, IconDeviceMobile } from '@tabler/icons-react'
import { useState } from 'react'
import { messageOf } from '../api.ts'
import { Banner } from '../ui/Banner.tsx'
import { MailFrame } from '../ui/MailFrame.tsx'
import { Panel } from '../ui/Panel.tsx'
import { Waiting } from '../ui/Waiting.tsx'
import { usePreview } from './mailings.ts'

/** The mailing as an invented reader gets it, footer included; renewed when the draft was saved. */
export function Preview({ id, version }: { id: string; version: string }) {
  const preview = usePreview(id, version)
  const [width, setWidth] = useState<'desktop' | 'phone'>('desktop')
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
      {preview.error && !preview.isFetching ? (
        <div className="pad">
          <Banner tint="errored" title="No preview">
            {messageOf(preview.error)}
          </Banner>
        </div>
      ) : preview.data ? (
        <div className="sheetbox">
          <div className="sheet" style={{ maxWidth: width === 'phone' ? 375 : 640 }}>
            <MailFrame title={`Preview: ${preview.data.subject || 'no subject'}`} html={preview.data.html} />
          </div>
        </div>
      ) : (
        <Waiting />
      )}
    </Panel>
  )
}
