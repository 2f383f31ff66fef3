import { Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { formHtml, type NewForm, newForm } from '../../src/audience/form.contract.ts'
import { post } from '../api.ts'
import { Panel } from '../ui/Panel.tsx'

/** The page as its visitors would see it, drawn by the server while it is written. Nothing in it can be sent. */
export function FormPreview({ draft }: { draft: NewForm }) {
  const [rested] = useDebouncedValue(draft, 300)
  const body = { ...rested, name: rested.name.trim() || 'Preview' }
  const isComplete = newForm.safeParse(body).success
  const preview = useQuery({
    queryKey: ['forms', 'preview', body],
    queryFn: () => post('/forms/preview', formHtml, body),
    enabled: isComplete,
    placeholderData: keepPreviousData,
    retry: false,
    gcTime: 0,
  })
  const frame = useRef<HTMLIFrameElement>(null)
  const [height, setHeight] = useState(560)
  const fit = () => {
    const page = frame.current?.contentDocument?.body
    if (page) setHeight(Math.max(320, Math.min(page.scrollHeight, 1600)))
  }
  return (
    <Panel title="Preview" pad={false}>
      {preview.data ? (
        <iframe
          ref={frame}
          title="Preview of the form"
          className="mail-frame"
          // allow-same-origin lets it take its style sheet and be measured; without allow-scripts nothing in it can run
          sandbox="allow-same-origin"
          srcDoc={preview.data.html}
          style={{ height }}
          onLoad={fit}
        />
      ) : (
        <div className="pad">
          <Text size="sm" c="dimmed">
            {isComplete ? 'The preview is being drawn.' : 'The preview comes when heading and consent are there.'}
          </Text>
        </div>
      )}
    </Panel>
  )
}
