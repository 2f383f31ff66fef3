import { Text, Title } from '@mantine/core'
import { IconAlertTriangle, IconCircleCheck, IconCircleX, IconInfoCircle, IconLock } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { Icon, Tint } from './look.ts'

const icons: Record<Tint, Icon> = {
  active: IconCircleCheck,
  errored: IconAlertTriangle,
  optOut: IconLock,
  red: IconCircleX,
  brand: IconInfoCircle,
  gray: IconInfoCircle,
}

/** A quiet coloured notice with a heading; the tint says what kind, the icon says it again. */
export function Banner({
  tint,
  title,
  icon,
  children,
  actions,
}: {
  tint: Tint
  title: ReactNode
  icon?: Icon
  children?: ReactNode
  actions?: ReactNode
}) {
  const Sign = icon ?? icons[tint]
  return (
    <section className={`banner tint-${tint}`}>
      <Sign size={22} stroke={1.8} className={`fg-${tint}`} aria-hidden />
      <div className="grow">
        <Title order={2}>{title}</Title>
        {children && (
          <Text component="div" size="md">
            {children}
          </Text>
        )}
        {actions && <div className="row banner-acts">{actions}</div>}
      </div>
    </section>
  )
}
