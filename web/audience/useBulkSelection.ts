import { useCallback, useEffect, useState } from 'react'
import type { Contact, ContactFilter, Selection } from '../../src/audience/contact.contract.ts'

type Ticked = { of: string; contacts: Contact[]; all: boolean }

/**
 * The ticked rows of a list, or all that match. Another filter is another list, with nothing ticked; all that match is
 * the condition itself, never a list of ids.
 */
export function useBulkSelection(filter: ContactFilter) {
  const of = JSON.stringify(filter)
  const [ticked, setTicked] = useState<Ticked>({ of, contacts: [], all: false })
  const now = ticked.of === of ? ticked : { of, contacts: [], all: false }
  const shift = useShift()
  const [last, setLast] = useState<string>()
  /** Shift and a click tick everything from the row before. */
  function select(contacts: Contact[], shown: Contact[]) {
    const before = new Set(now.contacts.map(({ id }) => id))
    const added = contacts.filter(({ id }) => !before.has(id))
    const only = added.length === 1 ? added[0] : undefined
    const from = shown.findIndex(({ id }) => id === last)
    const to = shown.findIndex(({ id }) => id === only?.id)
    setLast(only?.id)
    const range = shift.current && only && from >= 0 ? shown.slice(Math.min(from, to), Math.max(from, to) + 1) : []
    const all = new Map([...contacts, ...range].map((contact) => [contact.id, contact]))
    setTicked({ of, contacts: [...all.values()], all: false })
  }
  const selection: Selection = now.all ? { filter } : { ids: now.contacts.map(({ id }) => id) }
  return {
    contacts: now.contacts,
    all: now.all,
    selection,
    select,
    selectAll: () => setTicked({ ...now, all: true }),
    onlyPage: () => setTicked({ ...now, all: false }),
    clear: useCallback(() => setTicked({ of, contacts: [], all: false }), [of]),
  }
}

/** Whether Shift is held, for clicks on boxes, which do not tell. */
function useShift() {
  const [held] = useState(() => ({ current: false }))
  useEffect(() => {
    const note = (event: KeyboardEvent | MouseEvent) => {
      held.current = event.shiftKey
    }
    for (const kind of ['keydown', 'keyup', 'mousedown'] as const) document.addEventListener(kind, note, true)
    return () => {
      for (const kind of ['keydown', 'keyup', 'mousedown'] as const) document.removeEventListener(kind, note, true)
    }
  }, [held])
  return held
}
