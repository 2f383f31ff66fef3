import { Button, Progress, Text, Title } from '@mantine/core'
import { Dropzone } from '@mantine/dropzone'
import { IconFileImport } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { audienceImport } from '../../src/audience/import.contract.ts'
import { messageOf, upload } from '../api.ts'
import { paths } from '../paths.ts'
import { Banner } from '../ui/Banner.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { importCrumbs, Steps } from './ImportStep.tsx'

export function ImportUpload() {
  const open = useRef<() => void>(null)
  const stop = useRef<AbortController>(null)
  const [sending, setSending] = useState<{ name: string; share: number }>()
  const [problem, setProblem] = useState('')
  const client = useQueryClient()
  const navigate = useNavigate()
  useEffect(() => () => stop.current?.abort(), [])
  async function send(file: File | undefined) {
    if (!file) return
    setProblem('')
    setSending({ name: file.name, share: 0 })
    stop.current = new AbortController()
    try {
      const share = (done: number) => setSending({ name: file.name, share: done })
      const one = await upload('/imports/uploads', audienceImport, file, share, stop.current.signal)
      client.setQueryData(['imports', 'one', one.id], one)
      await navigate({ to: paths.importStep(one.id, 'columns'), replace: true })
    } catch (error) {
      setProblem(messageOf(error))
      setSending(undefined)
    }
  }
  const per = Math.floor((sending?.share ?? 0) * 100)
  return (
    <>
      <PageHeader crumbs={importCrumbs} title="Import contacts" />
      <div className="body">
        <Steps step="Upload" />
        {problem && (
          <div role="alert">
            <Banner tint="red" title="The file was not taken">
              {problem}
            </Banner>
          </div>
        )}
        <Dropzone
          openRef={open}
          onDrop={(files: File[]) => void send(files[0])}
          onReject={() => setProblem('One file at a time, at most 500 MB.')}
          maxFiles={1}
          multiple={false}
          maxSize={500_000_000}
          disabled={sending !== undefined}
          activateOnClick={false}
          activateOnKeyboard={false}
          enablePointerEvents
          tabIndex={-1}
          unstyled
          className="drop"
          inputProps={{ 'aria-label': 'File', tabIndex: -1 }}
        >
          <div className="stack tight drop-inner">
            <IconFileImport size={40} stroke={1.3} className="fg-gray" aria-hidden />
            {sending ? (
              <>
                <Title order={2}>Sending {sending.name}</Title>
                <Progress value={per} w={280} aria-label={`Sending the file, ${per} per cent done`} />
                <span className="dim num">{per}%</span>
                <Button variant="default" onClick={() => stop.current?.abort()}>
                  Stop
                </Button>
              </>
            ) : (
              <>
                <div>
                  <Title order={2}>Drag a file here</Title>
                  <Text c="dimmed" mt={4}>
                    A spreadsheet (.xlsx) or a CSV file with commas, semicolons, tabs or bars; at most 500 MB
                  </Text>
                </div>
                <Button onClick={() => open.current?.()} data-primary>
                  Choose file
                </Button>
              </>
            )}
          </div>
        </Dropzone>
        <Text size="sm" c="dimmed">
          Nothing is imported before you have seen what will happen. The file stays on your server and is deleted when
          the import ends.
        </Text>
      </div>
    </>
  )
}
