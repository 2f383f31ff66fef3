import { Button } from '@mantine/core'
import { Banner } from './Banner.tsx'

/** A part of the page that could not be loaded: what happened, what was not lost, what to do. */
export function ErrorPanel({ title, error, onRetry }: { title: string; error: unknown; onRetry: () => void }) {
  return (
    <div role="alert">
      <Banner
        tint="red"
        title={title}
        actions={
          <Button variant="default" onClick={onRetry}>
            Try again
          </Button>
        }
      >
        {error instanceof Error ? error.message : String(error)}
      </Banner>
    </div>
  )
}
