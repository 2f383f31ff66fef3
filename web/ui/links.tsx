import { Anchor, type AnchorProps, Button, type ButtonProps } from '@mantine/core'
import { createLink } from '@tanstack/react-router'
import type { ComponentPropsWithRef } from 'react'

function AnchorTag(props: AnchorProps & Omit<ComponentPropsWithRef<'a'>, keyof AnchorProps>) {
  return <Anchor {...props} />
}
function ButtonTag(props: ButtonProps & Omit<ComponentPropsWithRef<'a'>, keyof ButtonProps>) {
  return <Button component="a" {...props} />
}

export const TextLink = createLink(AnchorTag)
export const ButtonLink = createLink(ButtonTag)

function RecordTag(props: Omit<ComponentPropsWithRef<'a'>, 'color' | 'style'>) {
  return <Anchor size="sm" fw={500} underline="hover" c="var(--mantine-color-text)" data-row-link {...props} />
}
/** The link in a list's first column that leads to the record. */
export const RecordLink = createLink(RecordTag)
