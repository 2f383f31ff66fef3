import { Button, Menu, UnstyledButton, VisuallyHidden } from '@mantine/core'
import {
  IconArrowDown,
  IconArrowUp,
  IconBookmark,
  IconCopy,
  IconGripVertical,
  IconPlus,
  IconTrash,
} from '@tabler/icons-react'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import type { Block, BlockKind } from '../../src/mailings/blocks.contract.ts'
import { IconAct } from '../ui/IconAct.tsx'
import { BlockFields } from './BlockFields.tsx'
import { blockKinds, copyOf, newBlock, summaryOf } from './blocks.ts'
import { SaveBlock, useSavedBlocks } from './SaveBlock.tsx'

/**
 * Blocks in their order. Each opens to its fields; Alt with an arrow, two buttons or the mouse move it. The footer moves
 * too, and cannot be removed.
 */
export function BlockList({
  label,
  blocks,
  kinds,
  onChange,
}: {
  label: string
  blocks: Block[]
  kinds: BlockKind[]
  onChange: (blocks: Block[]) => void
}) {
  const [open, setOpen] = useState<string | null>(null)
  const [said, setSaid] = useState('')
  const [dragged, setDragged] = useState<number | null>(null)
  const list = useRef<HTMLOListElement>(null)
  const focus = useRef<string | null>(null)
  useEffect(() => {
    if (focus.current === null) return
    const row = list.current?.querySelector<HTMLElement>(`[data-block="${focus.current}"]`)
    const wanted =
      row?.querySelector<HTMLElement>('[data-first] input, [data-first] textarea') ?? row?.querySelector('button')
    wanted?.focus()
    focus.current = null
  }, [blocks])

  const move = (from: number, to: number) => {
    const block = blocks[from]
    if (!block || to < 0 || to >= blocks.length || to === from) return
    const moved = blocks.toSpliced(from, 1).toSpliced(to, 0, block)
    focus.current = `head-${block.id}`
    setSaid(`${blockKinds[block.kind].name} is at place ${to + 1} of ${blocks.length}.`)
    onChange(moved)
  }
  const add = (block: Block) => {
    const at = blocks.findIndex(({ id }) => id === open)
    const end = blocks.at(-1)?.kind === 'footer' ? blocks.length - 1 : blocks.length
    focus.current = block.id
    setOpen(block.id)
    setSaid(`${blockKinds[block.kind].name} added.`)
    onChange(blocks.toSpliced(at < 0 || blocks[at]?.kind === 'footer' ? end : at + 1, 0, block))
  }
  const remove = (index: number) => {
    const block = blocks[index]
    if (!block || block.kind === 'footer') return
    const next = blocks[index + 1] ?? blocks[index - 1]
    focus.current = next ? `head-${next.id}` : null
    setSaid(`${blockKinds[block.kind].name} removed.`)
    onChange(blocks.toSpliced(index, 1))
  }
  const handleKey = (event: KeyboardEvent, index: number) => {
    if (event.altKey && event.key === 'ArrowUp') move(index, index - 1)
    else if (event.altKey && event.key === 'ArrowDown') move(index, index + 1)
    else if (event.key === 'Delete') remove(index)
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  return (
    <div className="stack tight">
      <ol className="blocks" aria-label={label} ref={list}>
        {blocks.map((block, index) => (
          <li
            key={block.id}
            data-block={block.id}
            className={open === block.id ? 'open' : ''}
            onDragOver={(event) => dragged !== null && event.preventDefault()}
            onDrop={(event) => {
              event.stopPropagation()
              if (dragged !== null) move(dragged, index)
              setDragged(null)
            }}
          >
            <div className="block-head row one" data-block={`head-${block.id}`}>
              <BlockName
                block={block}
                isOpen={open === block.id}
                onToggle={() => setOpen(open === block.id ? null : block.id)}
                onKey={(event) => handleKey(event, index)}
                onDrag={(isOn) => setDragged(isOn ? index : null)}
              />
              <BlockActs
                block={block}
                index={index}
                count={blocks.length}
                onMove={(to) => move(index, to)}
                onCopy={() => onChange(blocks.toSpliced(index + 1, 0, copyOf(block)))}
                onRemove={() => remove(index)}
              />
            </div>
            {open === block.id && (
              <div className="block-fields stack tight" data-first>
                <BlockFields
                  block={block}
                  onChange={(changed) => onChange(blocks.map((one) => (one.id === changed.id ? changed : one)))}
                />
              </div>
            )}
          </li>
        ))}
      </ol>
      <AddBlock kinds={kinds} onAdd={add} />
      <VisuallyHidden role="status">{said}</VisuallyHidden>
    </div>
  )
}

function BlockName({
  block,
  isOpen,
  onToggle,
  onKey,
  onDrag,
}: {
  block: Block
  isOpen: boolean
  onToggle: () => void
  onKey: (event: KeyboardEvent) => void
  onDrag: (isOn: boolean) => void
}) {
  const { name, icon: Sign } = blockKinds[block.kind]
  const summary = summaryOf(block)
  return (
    <UnstyledButton
      className="block-name grow row one"
      aria-expanded={isOpen}
      draggable
      onDragStart={() => onDrag(true)}
      onDragEnd={() => onDrag(false)}
      onClick={onToggle}
      onKeyDown={onKey}
    >
      <IconGripVertical size={15} stroke={1.7} className="grip" aria-hidden />
      <Sign size={16} stroke={1.7} aria-hidden />
      <span className="grow ellipsis">
        {name}
        {summary && <span className="dim">: {summary}</span>}
      </span>
    </UnstyledButton>
  )
}

function BlockActs({
  block,
  index,
  count,
  onMove,
  onCopy,
  onRemove,
}: {
  block: Block
  index: number
  count: number
  onMove: (to: number) => void
  onCopy: () => void
  onRemove: () => void
}) {
  const [saving, setSaving] = useState(false)
  const name = blockKinds[block.kind].name
  return (
    <div className="row one block-acts">
      <IconAct
        icon={IconArrowUp}
        name={`Move ${name} ${index + 1} up`}
        disabled={index === 0}
        onClick={() => onMove(index - 1)}
      />
      <IconAct
        icon={IconArrowDown}
        name={`Move ${name} ${index + 1} down`}
        disabled={index === count - 1}
        onClick={() => onMove(index + 1)}
      />
      {block.kind !== 'footer' && (
        <>
          <IconAct icon={IconCopy} name={`Duplicate ${name} ${index + 1}`} onClick={onCopy} />
          <IconAct icon={IconBookmark} name={`Save ${name} ${index + 1} for later`} onClick={() => setSaving(true)} />
          <IconAct icon={IconTrash} name={`Remove ${name} ${index + 1}`} onClick={onRemove} />
          <SaveBlock block={block} opened={saving} onClose={() => setSaving(false)} />
        </>
      )}
    </div>
  )
}

function AddBlock({ kinds, onAdd }: { kinds: BlockKind[]; onAdd: (block: Block) => void }) {
  const saved = (useSavedBlocks().data?.items ?? []).filter(({ block }) => kinds.includes(block.kind))
  return (
    <Menu position="bottom-start" returnFocus={false}>
      <Menu.Target>
        <Button variant="default" leftSection={<IconPlus size={16} aria-hidden />} className="start">
          Add a block
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {kinds.map((kind) => {
          const { name, icon: Sign } = blockKinds[kind]
          return (
            <Menu.Item
              key={kind}
              leftSection={<Sign size={16} stroke={1.7} aria-hidden />}
              onClick={() => onAdd(newBlock(kind))}
            >
              {name}
            </Menu.Item>
          )
        })}
        {saved.length > 0 && <Menu.Divider />}
        {saved.map(({ id, name, block }) => (
          <Menu.Item
            key={id}
            leftSection={<IconBookmark size={16} stroke={1.7} aria-hidden />}
            onClick={() => onAdd(copyOf(block))}
          >
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
