import { ActionIcon, Menu, Textarea, Tooltip } from '@mantine/core'
import { IconBold, IconItalic, IconLink, IconList, IconUser } from '@tabler/icons-react'
import { type KeyboardEvent, useRef } from 'react'
import { useFields } from '../audience/contacts.ts'
import type { Icon } from '../ui/look.ts'

/** Words with marks for bold, italic, links and lists, and a menu of merge points. */
export function WordsField({
  label,
  value,
  rich = true,
  onChange,
}: {
  label: string
  value: string
  rich?: boolean
  onChange: (text: string) => void
}) {
  const field = useRef<HTMLTextAreaElement>(null)
  const fields = useFields().data?.items ?? []
  const put = (make: (chosen: string) => { text: string; from: number; to: number }) => {
    const area = field.current
    if (!area) return
    const { selectionStart: start, selectionEnd: end } = area
    const { text, from, to } = make(value.slice(start, end))
    onChange(value.slice(0, start) + text + value.slice(end))
    requestAnimationFrame(() => {
      area.focus()
      area.setSelectionRange(start + from, start + to)
    })
  }
  const around = (mark: string, word: string) => () =>
    put((chosen) => {
      const inside = chosen || word
      return { text: mark + inside + mark, from: mark.length, to: mark.length + inside.length }
    })
  const link = () =>
    put((chosen) => {
      const words = chosen || 'words of the link'
      const begin = words.length + 3
      return { text: `[${words}](https://)`, from: chosen ? begin : 1, to: chosen ? begin + 8 : 1 + words.length }
    })
  const bullets = () =>
    put((chosen) => {
      const text = (chosen || 'first point').replace(/^/gm, '- ')
      return { text, from: chosen ? 0 : 2, to: text.length }
    })
  const insert = (point: string) => put(() => ({ text: point, from: point.length, to: point.length }))
  const bold = around('**', 'bold')
  const italic = around('*', 'italic')
  const keys: Record<string, () => void> = { b: bold, i: italic, k: link }
  const handleKey = (event: KeyboardEvent) => {
    const act = event.ctrlKey || event.metaKey ? keys[event.key] : undefined
    if (!rich || !act) return
    act()
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div>
      <div className="row one words-tools" role="toolbar" aria-label={`Marks in ${label}`}>
        {rich && (
          <>
            <Tool icon={IconBold} name="Bold (Ctrl+B)" onClick={bold} />
            <Tool icon={IconItalic} name="Italic (Ctrl+I)" onClick={italic} />
            <Tool icon={IconLink} name="Link (Ctrl+K)" onClick={link} />
            <Tool icon={IconList} name="List" onClick={bullets} />
          </>
        )}
        <Menu position="bottom-start" returnFocus={false}>
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" aria-label="Merge point">
              <IconUser size={16} stroke={1.7} aria-hidden />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {fields.map(({ id, name, label: words }) => (
              <Menu.Item
                key={id}
                onClick={() => insert(`{{ contact.${name}${name === 'first_name' ? ' | default: "reader"' : ''} }}`)}
              >
                {words}
              </Menu.Item>
            ))}
            <Menu.Item onClick={() => insert('{{ contact.address }}')}>Email address</Menu.Item>
            <Menu.Item onClick={() => insert('{{ sender.name }}')}>Name of the sender</Menu.Item>
            {rich && (
              <Menu.Item onClick={() => insert('[preferences]({{ preferences_url }})')}>Preferences page</Menu.Item>
            )}
          </Menu.Dropdown>
        </Menu>
      </div>
      <Textarea
        ref={field}
        label={label}
        autosize
        minRows={rich ? 4 : 1}
        maxRows={24}
        value={value}
        onKeyDown={handleKey}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </div>
  )
}

function Tool({ icon: Sign, name, onClick }: { icon: Icon; name: string; onClick: () => void }) {
  return (
    <Tooltip label={name}>
      <ActionIcon variant="subtle" color="gray" aria-label={name} onClick={onClick}>
        <Sign size={16} stroke={1.7} aria-hidden />
      </ActionIcon>
    </Tooltip>
  )
}
