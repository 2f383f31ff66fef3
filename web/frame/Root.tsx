import { Notifications } from '@mantine/notifications'
import { type ErrorComponentProps, Outlet, useRouter } from '@tanstack/react-router'
import { messageOf } from '../api.ts'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'

/** Around everything; notifications stand inside the router because they hold links. */
export function Root() {
  return (
    <>
      <Outlet />
      <Notifications position="bottom-right" limit={4} />
    </>
  )
}

/** In place of a page whose code failed or could not be loaded. */
export function PageFailed({ error }: ErrorComponentProps) {
  const router = useRouter()
  return (
    <div className="body">
      <h1 className="sr">This page failed</h1>
      <ErrorPanel
        title="This page could not be shown. Nothing was changed."
        error={messageOf(error)}
        onRetry={() => void router.invalidate()}
      />
    </div>
  )
}
