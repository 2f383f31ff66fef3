import { Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Icon } from './look.ts'

/** Nothing here yet: one heading, one sentence, one button that fills the page. */
export function EmptyState({
  icon: Sign,
  title,
  children,
  action,
}: {
  icon: Icon
  title: string
  children: ReactNode
  action?: ReactNode
}) {
  return (
    <div className="empty">
      <Sign size={40} stroke={1.3} className="fg-gray" aria-hidden />
      <div>
        <Title order={2}>{title}</Title>
        <Text c="dimmed" maw={420} mt={4}>
          {children}
        </Text>
      </div>
      {action && <div className="row">{action}</div>}
    </div>
  )
}
