import { Button, ColorInput, NumberInput, Select, Textarea, TextInput } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import type { Block } from '../../src/mailings/blocks.contract.ts'
import { IconAct } from '../ui/IconAct.tsx'
import { BlockList } from './BlockList.tsx'
import { kindsInColumns } from './blocks.ts'
import { Align, Choice, SIDES } from './Choice.tsx'
import { ImageField } from './ImageField.tsx'
import { WordsField } from './WordsField.tsx'

type Of<Kind extends Block['kind']> = {
  block: Extract<Block, { kind: Kind }>
  onChange: (block: Block) => void
}

export function BlockFields({ block, onChange }: { block: Block; onChange: (block: Block) => void }) {
  switch (block.kind) {
    case 'text':
      return (
        <>
          <WordsField label="Text" value={block.text} onChange={(text) => onChange({ ...block, text })} />
          <Align value={block.align} onChange={(align) => onChange({ ...block, align })} />
        </>
      )
    case 'heading':
      return <HeadingFields block={block} onChange={onChange} />
    case 'image':
      return <ImageFields block={block} onChange={onChange} />
    case 'button':
      return <ButtonFields block={block} onChange={onChange} />
    case 'columns':
      return <ColumnFields block={block} onChange={onChange} />
    case 'divider':
      return <p className="dim">A thin line. There is nothing to set.</p>
    case 'spacer':
      return (
        <NumberInput
          label="Height in pixels"
          min={4}
          max={200}
          clampBehavior="strict"
          value={block.height}
          onChange={(height) =>
            typeof height === 'number' && height >= 4 && onChange({ ...block, height: Math.round(height) })
          }
        />
      )
    case 'social':
      return <SocialFields block={block} onChange={onChange} />
    case 'html':
      return (
        <Textarea
          label="HTML"
          autosize
          minRows={4}
          maxRows={24}
          spellCheck={false}
          classNames={{ input: 'mono' }}
          value={block.html}
          onChange={(event) => onChange({ ...block, html: event.currentTarget.value })}
        />
      )
    case 'footer':
      return <FooterFields block={block} onChange={onChange} />
  }
}

function HeadingFields({ block, onChange }: Of<'heading'>) {
  return (
    <>
      <WordsField label="Heading" rich={false} value={block.text} onChange={(text) => onChange({ ...block, text })} />
      <div className="row">
        <Choice
          label="Size"
          value={block.level}
          data={[
            { value: '1', label: 'Large' },
            { value: '2', label: 'Middle' },
            { value: '3', label: 'Small' },
          ]}
          onChange={(level) => onChange({ ...block, level })}
        />
        <Align value={block.align} onChange={(align) => onChange({ ...block, align })} />
        <Choice
          label="Look"
          value={block.look}
          data={[
            { value: 'plain', label: 'Plain' },
            { value: 'band', label: 'On colour' },
          ]}
          onChange={(look) => onChange({ ...block, look })}
        />
      </div>
    </>
  )
}

function ImageFields({ block, onChange }: Of<'image'>) {
  return (
    <>
      <ImageField path={block.path} onChange={(path) => onChange({ ...block, path })} />
      <TextInput
        label="Alternative text"
        description="What the picture tells, for whoever does not see it. Leave it empty for mere decoration."
        value={block.alt}
        onChange={(event) => onChange({ ...block, alt: event.currentTarget.value })}
      />
      <TextInput
        label="Link (if you like)"
        value={block.href}
        onChange={(event) => onChange({ ...block, href: event.currentTarget.value })}
      />
      <Choice
        label="Width"
        value={block.width}
        data={[
          { value: 'full', label: 'Edge to edge' },
          { value: 'inside', label: 'As the text' },
          { value: 'half', label: 'Half' },
        ]}
        onChange={(width) => onChange({ ...block, width })}
      />
    </>
  )
}

function ButtonFields({ block, onChange }: Of<'button'>) {
  return (
    <>
      <TextInput
        label="Text"
        value={block.text}
        onChange={(event) => onChange({ ...block, text: event.currentTarget.value })}
      />
      <TextInput
        label="Link"
        placeholder="https://"
        value={block.href}
        onChange={(event) => onChange({ ...block, href: event.currentTarget.value })}
      />
      <div className="row">
        <Choice
          label="Align"
          value={block.align}
          data={[...SIDES, { value: 'full', label: 'Full width' }]}
          onChange={(align) => onChange({ ...block, align })}
        />
        <Choice
          label="Style"
          value={block.look}
          data={[
            { value: 'main', label: 'Main' },
            { value: 'quiet', label: 'Quiet' },
          ]}
          onChange={(look) => onChange({ ...block, look })}
        />
      </div>
    </>
  )
}

function ColumnFields({ block, onChange }: Of<'columns'>) {
  const { columns } = block
  return (
    <>
      <Select
        label="Columns"
        allowDeselect={false}
        value={String(columns.length)}
        data={['2', '3']}
        onChange={(count) => {
          if (count === '3' && columns.length === 2) onChange({ ...block, columns: [...columns, []] })
          // What stood in the third column goes to the end of the second.
          if (count === '2' && columns.length === 3)
            onChange({ ...block, columns: [columns[0] ?? [], [...(columns[1] ?? []), ...(columns[2] ?? [])]] })
        }}
      />
      {columns.map((inside, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a column is known by its place alone
        <fieldset key={index} className="column">
          <legend>Column {index + 1}</legend>
          <BlockList
            label={`Blocks of column ${index + 1}`}
            blocks={inside}
            kinds={kindsInColumns}
            onChange={(changed) =>
              onChange({
                ...block,
                columns: columns.with(
                  index,
                  changed.filter((one) => one.kind !== 'columns' && one.kind !== 'footer'),
                ),
              })
            }
          />
        </fieldset>
      ))}
    </>
  )
}

function SocialFields({ block, onChange }: Of<'social'>) {
  const { links } = block
  const change = (index: number, part: { name?: string; href?: string }) =>
    onChange({ ...block, links: links.map((link, at) => (at === index ? { ...link, ...part } : link)) })
  return (
    <>
      {links.map((link, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a link is known by its place alone
        <div key={index} className="row one social-link">
          <TextInput
            label={`Name ${index + 1}`}
            placeholder="Mastodon"
            value={link.name}
            onChange={(event) => change(index, { name: event.currentTarget.value })}
          />
          <TextInput
            label={`Link ${index + 1}`}
            placeholder="https://"
            className="grow"
            value={link.href}
            onChange={(event) => change(index, { href: event.currentTarget.value })}
          />
          <IconAct
            icon={IconTrash}
            name={`Remove link ${index + 1}`}
            onClick={() => onChange({ ...block, links: links.toSpliced(index, 1) })}
          />
        </div>
      ))}
      <Button
        variant="default"
        className="start"
        disabled={links.length >= 12}
        onClick={() => onChange({ ...block, links: [...links, { name: '', href: '' }] })}
      >
        Add a link
      </Button>
      <Align value={block.align} onChange={(align) => onChange({ ...block, align })} />
    </>
  )
}

function FooterFields({ block, onChange }: Of<'footer'>) {
  const isColour = (value: string) => /^#[0-9a-f]{6}$/i.test(value)
  return (
    <>
      <p className="dim">
        The way out, the preferences page and the postal address come from the account and are in every mailing.
      </p>
      <Align value={block.align} onChange={(align) => onChange({ ...block, align })} />
      <div className="two">
        <ColorInput
          withEyeDropper={false}
          label="Colour of the words"
          description="Made darker or lighter where it could not be read"
          value={block.colour}
          onChange={(colour) => isColour(colour) && onChange({ ...block, colour })}
        />
        <ColorInput
          withEyeDropper={false}
          label="Ground"
          description="In the dark, readers see a dark one"
          value={block.ground}
          onChange={(ground) => isColour(ground) && onChange({ ...block, ground })}
        />
      </div>
    </>
  )
}
