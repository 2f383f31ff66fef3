import { useClipboard } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { noticeFault } from './notice.tsx'

type Props = { value: string; children: (copy: () => void, copied: boolean) => ReactNode }

/** Copies a text; where the browser does not allow that (no https), it is shown to be copied by hand. */
export function Copy({ value, children }: Props) {
  const clipboard = useClipboard({ timeout: 2000 })
  const copy = () =>
    window.isSecureContext
      ? clipboard.copy(value)
      : noticeFault(new Error(`The browser copies nothing on a page without https. Copy it by hand: ${value}`))
  return <>{children(copy, clipboard.copied)}</>
}
