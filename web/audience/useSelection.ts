import { useCallback, useState } from 'react'
import type { Contact } from '../../src/audience/contact.contract.ts'

const none: Contact[] = []

/** The ticked rows of a list; another filter is another list, with nothing ticked. */
export function useSelection(search: string, status: string | undefined) {
  const of = `${status ?? ''} ${search}`
  const [ticked, setTicked] = useState({ of, contacts: none })
  const select = useCallback((contacts: Contact[]) => setTicked({ of, contacts }), [of])
  return {
    selected: ticked.of === of ? ticked.contacts : none,
    select,
    clear: useCallback(() => select(none), [select]),
  }
}
