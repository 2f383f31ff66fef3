import { Button, ColorInput, SegmentedControl, Text, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { Design, MailingSource } from '../../src/mailings/blocks.contract.ts'
import { useFields } from '../audience/contacts.ts'
import { noticeDone } from '../ui/notice.tsx'
import { Panel } from '../ui/Panel.tsx'
import { BlockList } from './BlockList.tsx'
import { emptySource, kindsToAdd } from './blocks.ts'
import type { Draft } from './useDraft.ts'
import { WordsField } from './WordsField.tsx'

const ways = [
  { value: 'blocks', label: 'Blocks' },
  { value: 'html', label: 'HTML' },
  { value: 'mjml', label: 'MJML' },
  { value: 'markdown', label: 'Markdown' },
  { value: 'text', label: 'Text part' },
] as const
type Way = (typeof ways)[number]['value']

/** What the mailing says, in one of the ways to write it, and its text part. */
export function Content({ saved }: { saved: Draft }) {
  const { draft, change, flush } = saved
  const [isText, setIsText] = useState(false)
  const choose = async (way: Way) => {
    setIsText(way === 'text')
    if (way === 'text' || way === draft.source.kind) return
    const isWritten = draft.html.trim() !== '' || draft.source.kind !== 'html'
    if (way === 'html') {
      if (await flush()) change({ source: { kind: 'html' }, html: saved.latestHtml() })
    } else change({ source: emptySource(way) })
    if (isWritten && way !== 'html') noticeDone('The mailing is written anew. Undo brings back what it was.')
  }
  return (
    <Panel
      title="Content"
      aside={
        <SegmentedControl
          size="xs"
          aria-label="Way of writing"
          data={[...ways]}
          value={isText ? 'text' : draft.source.kind}
          onChange={(way) => void choose(way)}
        />
      }
    >
      {isText ? <TextPart saved={saved} /> : <Source saved={saved} source={draft.source} />}
    </Panel>
  )
}

function Source({ saved, source }: { saved: Draft; source: MailingSource }) {
  const { draft, change, faults } = saved
  if (source.kind === 'blocks')
    return <Blocks design={source.design} onChange={(design) => change({ source: { kind: 'blocks', design } })} />
  if (source.kind === 'markdown')
    return (
      <div className="stack tight">
        <WordsField
          label="Markdown"
          value={source.markdown}
          onChange={(markdown) => change({ source: { kind: 'markdown', markdown } })}
        />
        <Text size="sm" c="dimmed">
          # begins a heading, - a list. HTML is shown as it is written. The footer with the way out is added by itself.
        </Text>
      </div>
    )
  const isHtml = source.kind === 'html'
  return (
    <div className="stack tight">
      <Textarea
        key={source.kind}
        label={isHtml ? 'HTML' : 'MJML'}
        autosize
        minRows={14}
        maxRows={30}
        spellCheck={false}
        classNames={{ input: 'mono' }}
        value={isHtml ? draft.html : source.mjml}
        error={isHtml ? faults['html'] : faults['source']}
        onChange={({ currentTarget: { value } }) =>
          change(isHtml ? { source, html: value } : { source: { kind: 'mjml', mjml: value } })
        }
      />
      <MergePoints />
    </div>
  )
}

function MergePoints() {
  const fields = useFields().data?.items ?? []
  return (
    <Text size="sm" c="dimmed">
      Merge points:{' '}
      {fields.map((field, index) => (
        <span key={field.id}>
          {index > 0 && ', '}
          <code className="mono">{`{{ contact.${field.name} }}`}</code>
        </span>
      ))}
      . With a word for whoever has none: <code className="mono">{'{{ contact.first_name | default: "friend" }}'}</code>
      . The footer with the way out is added by itself.
    </Text>
  )
}

function TextPart({ saved: { draft, change, faults } }: { saved: Draft }) {
  return (
    <div className="stack tight">
      <Textarea
        label="Text"
        description="Empty: it is made from the HTML"
        autosize
        minRows={14}
        maxRows={30}
        value={draft.text}
        error={faults['text']}
        onChange={(event) => change({ text: event.currentTarget.value })}
      />
      {draft.text !== '' && (
        <Button variant="default" className="start" onClick={() => change({ text: '' })}>
          Make it from the HTML again
        </Button>
      )}
    </div>
  )
}

function Blocks({ design, onChange }: { design: Design; onChange: (design: Design) => void }) {
  const isColour = (value: string) => /^#[0-9a-f]{6}$/i.test(value)
  return (
    <div className="stack tight">
      <TextInput
        label="Preview text (if you like)"
        description="Stands beside the subject in lists of mail"
        value={design.previewText}
        onChange={(event) => onChange({ ...design, previewText: event.currentTarget.value })}
      />
      <BlockList
        label="Blocks"
        blocks={design.blocks}
        kinds={kindsToAdd}
        onChange={(blocks) => onChange({ ...design, blocks })}
      />
      <div className="two">
        <ColorInput
          withEyeDropper={false}
          label="Main colour"
          value={design.accent}
          onChange={(accent) => isColour(accent) && onChange({ ...design, accent })}
        />
        <ColorInput
          withEyeDropper={false}
          label="Ground"
          value={design.ground}
          onChange={(ground) => isColour(ground) && onChange({ ...design, ground })}
        />
      </div>
      <SegmentedControl
        size="xs"
        aria-label="Letters"
        className="start"
        value={design.font}
        data={[
          { value: 'sans', label: 'Plain letters' },
          { value: 'serif', label: 'Book letters' },
        ]}
        onChange={(font) => onChange({ ...design, font })}
      />
    </div>
  )
}
