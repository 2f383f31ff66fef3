import { Text, Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'
import { Mark } from '../ui/Mark.tsx'

/** The card of the pages before one is signed in. */
export function Front({
  title,
  note,
  under,
  onSubmit,
  children,
}: {
  title: string
  note: string
  under?: ReactNode
  onSubmit: (form: FormData) => void
  children: ReactNode
}) {
  useEffect(() => {
    document.title = `${title}, Last Word`
  }, [title])
  return (
    <main className="signin">
      <form
        className="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          onSubmit(new FormData(event.currentTarget))
        }}
      >
        <div className="row">
          <Mark />
          <b>Last Word</b>
        </div>
        <div>
          <Title order={1}>{title}</Title>
          <Text c="dimmed" size="sm">
            {note}
          </Text>
        </div>
        {children}
      </form>
      {under && (
        <Text size="sm" c="dimmed" className="under">
          {under}
        </Text>
      )}
    </main>
  )
}
