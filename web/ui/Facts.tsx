import type { ReactNode } from 'react'

export function Facts({ items }: { items: (readonly [string, ReactNode])[] }) {
  return (
    <dl className="facts">
      {items.map(([key, value]) => (
        <div key={key}>
          <dt>{key}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
