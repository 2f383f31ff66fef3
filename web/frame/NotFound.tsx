import { IconMapQuestion } from '@tabler/icons-react'
import { paths } from '../paths.ts'
import { EmptyState } from '../ui/EmptyState.tsx'
import { ButtonLink } from '../ui/links.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'

export function NotFound() {
  return (
    <>
      <PageHeader title="Nothing is here" />
      <div className="body blank">
        <EmptyState
          icon={IconMapQuestion}
          title="This page does not exist"
          action={<ButtonLink to={paths.home}>Go to Home</ButtonLink>}
        >
          The link may be old, or what it led to was erased.
        </EmptyState>
      </div>
    </>
  )
}
