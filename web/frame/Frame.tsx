import { Burger, Drawer } from '@mantine/core'
import { useDisclosure, useNetwork } from '@mantine/hooks'
import { Outlet, useNavigate } from '@tanstack/react-router'
import { useCallback } from 'react'
import { messageOf } from '../api.ts'
import { useMe } from '../session/session.ts'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { Mark } from '../ui/Mark.tsx'
import { PlaceProvider } from '../ui/place.tsx'
import { Keys } from './Keys.tsx'
import { Navigation } from './Navigation.tsx'
import { Palette } from './Palette.tsx'
import { useShortcuts } from './shortcuts.ts'

/** Around every page of somebody who is signed in: navigation on the left, behind a button on phones. */
export function Frame() {
  const me = useMe()
  const { online } = useNetwork()
  const navigate = useNavigate()
  const [opened, drawer] = useDisclosure(false)
  useShortcuts(useCallback((to: string) => void navigate({ to }), [navigate]))
  if (me.error && !me.data)
    return (
      <main className="body">
        <h1 className="sr">Last Word</h1>
        <ErrorPanel
          title="The page could not be loaded"
          error={messageOf(me.error)}
          onRetry={() => void me.refetch()}
        />
      </main>
    )
  if (!me.data) return null
  const { account } = me.data
  return (
    <PlaceProvider value={{ account: account.name, zone: account.timeZone }}>
      <div className="shell">
        <a className="skip" href="#main">
          Skip to content
        </a>
        <Navigation me={me.data} />
        <div className="main">
          {!online && (
            <div className="offline" role="status">
              No connection. We keep trying.
            </div>
          )}
          <div className="phonebar" role="region" aria-label="Top bar">
            <Burger size="sm" opened={opened} onClick={drawer.open} aria-label="Open navigation" />
            <b className="grow">{account.name}</b>
          </div>
          <main id="main" tabIndex={-1} className="page">
            <Outlet />
          </main>
        </div>
      </div>
      <Drawer
        opened={opened}
        onClose={drawer.close}
        title={<DrawerTitle />}
        size={280}
        className="drawer-nav"
        closeButtonProps={{ 'aria-label': 'Close navigation' }}
      >
        <Navigation me={me.data} onGo={drawer.close} />
      </Drawer>
      <Keys />
      <Palette />
    </PlaceProvider>
  )
}

function DrawerTitle() {
  return (
    <span className="row one">
      <Mark size={22} />
      <b>Last Word</b>
    </span>
  )
}
