import { Button, FileButton, Progress, Text } from '@mantine/core'
import { IconFileImport } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { audienceImport } from '../../src/audience/import.contract.ts'
import { messageOf, upload } from '../api.ts'
import { readPlan, writePlan } from '../audience/imports.ts'
import { paths } from '../paths.ts'

/** A file of any size goes the way of an import that opts everybody out: its check is the dry run. */
export function OptOutFile() {
  const [sending, setSending] = useState<{ name: string; share: number }>()
  const [problem, setProblem] = useState('')
  const stop = useRef<AbortController>(null)
  const client = useQueryClient()
  const navigate = useNavigate()
  useEffect(() => () => stop.current?.abort(), [])
  async function send(file: File | null) {
    if (!file) return
    setProblem('')
    setSending({ name: file.name, share: 0 })
    stop.current = new AbortController()
    try {
      const share = (done: number) => setSending({ name: file.name, share: done })
      const one = await upload('/imports/uploads', audienceImport, file, share, stop.current.signal)
      client.setQueryData(['imports', 'one', one.id], one)
      const plan = { ...readPlan(one), asOptOuts: true }
      writePlan(one.id, plan)
      const isMatched = Object.values(plan.mapping).includes('address')
      await navigate({ to: paths.importStep(one.id, isMatched ? 'check' : 'columns') })
    } catch (error) {
      setProblem(messageOf(error))
      setSending(undefined)
    }
  }
  const per = Math.floor((sending?.share ?? 0) * 100)
  return (
    <div className="stack tight">
      <Text size="sm">
        Every address in the file is opted out, contact or not, and nobody is added. You see what will happen before
        anything is written, and every line that is no address is listed with its number.
      </Text>
      {problem && (
        <Text c="red" size="sm" role="alert">
          {problem}
        </Text>
      )}
      {sending ? (
        <>
          <Progress value={per} maw={320} aria-label={`Sending the file, ${per} per cent done`} />
          <Text size="sm" c="dimmed">
            Sending {sending.name}
          </Text>
        </>
      ) : (
        <div>
          <FileButton onChange={(file) => void send(file)} inputProps={{ 'aria-label': 'File of opt-outs' }}>
            {(props) => (
              <Button {...props} variant="default" leftSection={<IconFileImport size={16} aria-hidden />}>
                Choose file
              </Button>
            )}
          </FileButton>
        </div>
      )}
      <Text size="sm" c="dimmed">
        CSV or a spreadsheet, at most 500 MB
      </Text>
    </div>
  )
}
