import { Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useEffect, useRef } from 'react'
import { arrive } from './arrival.ts'
import { usePlace } from './place.tsx'

export type Crumb = { name: string; to: string }

/**
 * One primary action at most, at the far right; the rest are default buttons or live in "Actions".
 * Also names the document, and takes the focus after a change of page.
 */
export function PageHeader({
  crumbs = [],
  title,
  heading = title,
  note,
  actions,
}: {
  crumbs?: Crumb[]
  title: string
  /** The title as it is shown, when it is more than text. */
  heading?: ReactNode
  note?: ReactNode
  actions?: ReactNode
}) {
  const { account } = usePlace()
  const ref = useRef<HTMLHeadingElement>(null)
  useEffect(() => arrive(ref.current), [])
  useEffect(() => {
    document.title = [title, account, 'Last Word'].filter(Boolean).join(', ')
  }, [title, account])
  return (
    <div className="head">
      <div className="titles">
        {crumbs.length > 0 && (
          <nav className="crumbs" aria-label="Breadcrumb">
            {crumbs.map((crumb, index) => (
              <span key={crumb.name} className="row crumb">
                {index > 0 && <span aria-hidden>/</span>}
                <Link to={crumb.to}>{crumb.name}</Link>
              </span>
            ))}
          </nav>
        )}
        <Title order={1} ref={ref} tabIndex={-1} className="page-title">
          {heading}
        </Title>
        {note && <div className="dim page-note">{note}</div>}
      </div>
      {actions && <div className="acts">{actions}</div>}
    </div>
  )
}
