import { useEffect } from 'react'
import { navigation } from './navigation.ts'

const storedAs = 'last-word.single-keys'

/** Single letters can be switched off (WCAG 2.1.4). */
export const singleKeysAreOn = () => localStorage.getItem(storedAs) !== 'off'
export const setSingleKeys = (on: boolean) => localStorage.setItem(storedAs, on ? 'on' : 'off')

const shown = new EventTarget()
export const showKeys = () => shown.dispatchEvent(new Event('show'))
export function onShowKeys(listener: () => void) {
  shown.addEventListener('show', listener)
  return () => shown.removeEventListener('show', listener)
}

/** Keys of the whole application: they never act inside fields, menus or dialogs. */
export function useShortcuts(go: (to: string) => void) {
  useEffect(() => {
    let afterG = 0
    function handleKey(event: KeyboardEvent) {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
      if (isBusy(event.target) || !singleKeysAreOn()) return
      if (afterG > Date.now() - 1500) {
        afterG = 0
        const page = navigation
          .flatMap((section) => [section, ...(section.pages ?? [])])
          .find(({ key }) => key === event.key)
        if (page) go(page.to)
      } else if (event.key === 'g') afterG = Date.now()
      else if (!acts[event.key]?.()) return
      event.preventDefault()
    }
    document.addEventListener('keydown', handleKey)
    return () => document.removeEventListener('keydown', handleKey)
  }, [go])
}

const acts: Record<string, () => boolean> = {
  '/': () => use('input[data-search]', (field) => field.focus()),
  n: () => use('[data-primary]', (button) => button.click()),
  x: () => use('tr:focus-within input[type=checkbox]', (box) => box.click()),
  j: () => step(1),
  k: () => step(-1),
  '?': () => {
    showKeys()
    return true
  },
}

function use(selector: string, act: (element: HTMLElement) => void): boolean {
  const element = document.querySelector<HTMLElement>(selector)
  if (element) act(element)
  return element !== null
}

/** Moves the focus to the next or previous row's link. */
function step(by: 1 | -1): boolean {
  const links = [...document.querySelectorAll<HTMLElement>('[data-row-link]')]
  const at = links.findIndex((link) => link.closest('tr')?.contains(document.activeElement))
  const next = links[at < 0 ? 0 : at + by]
  next?.focus()
  return links.length > 0
}

function isBusy(target: EventTarget | null): boolean {
  if (document.querySelector('[role=dialog], [role=menu]')) return true
  if (!(target instanceof HTMLElement)) return false
  return (
    target.isContentEditable ||
    (target.matches('input, textarea, select') && !target.matches('[type=checkbox], [type=radio]'))
  )
}
