import { Kbd, Modal, Switch } from '@mantine/core'
import { useEffect, useState } from 'react'
import { onShowKeys, setSingleKeys, singleKeysAreOn } from './shortcuts.ts'

const keys: [string[], string][] = [
  [['Ctrl', 'K'], 'Search or jump to anything; on a Mac ⌘ K'],
  [['/'], 'Search in the list'],
  [['g', 'h'], 'Home'],
  [['g', 'c'], 'Contacts'],
  [['g', 'g'], 'Groups'],
  [['g', 'i'], 'Imports'],
  [['g', 'm'], 'Mailings'],
  [['n'], 'The first thing to do on the page'],
  [['j'], 'Next row'],
  [['k'], 'Previous row'],
  [['x'], 'Tick the row'],
  [['Enter'], 'Open the row'],
  [['Esc'], 'Close, or clear the selection'],
  [['?'], 'This list'],
]

export function Keys() {
  const [opened, setOpened] = useState(false)
  const [on, setOn] = useState(singleKeysAreOn)
  useEffect(() => onShowKeys(() => setOpened(true)), [])
  return (
    <Modal opened={opened} onClose={() => setOpened(false)} title="Keyboard">
      <div className="stack">
        <dl className="facts">
          {keys.map(([names, act]) => (
            <div key={act}>
              <dt className="row">
                {names.map((name) => (
                  <Kbd key={name}>{name}</Kbd>
                ))}
              </dt>
              <dd>{act}</dd>
            </div>
          ))}
        </dl>
        <Switch
          label="Single letters act"
          checked={on}
          onChange={(event) => {
            setSingleKeys(event.currentTarget.checked)
            setOn(event.currentTarget.checked)
          }}
        />
      </div>
    </Modal>
  )
}
