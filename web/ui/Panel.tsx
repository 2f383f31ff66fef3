import { Title } from '@mantine/core'
import { type ReactNode, useId } from 'react'

export function Panel({
  title,
  aside,
  children,
  pad = true,
  level = 2,
}: {
  title?: string
  aside?: ReactNode
  children: ReactNode
  pad?: boolean
  level?: 2 | 3
}) {
  const id = useId()
  return (
    <section className="panel" {...(title ? { 'aria-labelledby': id } : {})}>
      {title && (
        <header>
          <Title order={level} component="h2" id={id}>
            {title}
          </Title>
          {aside}
        </header>
      )}
      <div className={pad ? 'pad' : 'scroll'}>{children}</div>
    </section>
  )
}
