import { Link, useLocation } from '@tanstack/react-router'
import type { Me } from '../../src/accounts/session.contract.ts'
import { useOpenRequests } from '../audience/dataRequests.ts'
import { count } from '../ui/format.ts'
import { initials } from './initials.ts'
import { isWithin, type NavSection, navigation } from './navigation.ts'
import { PaletteButton } from './Palette.tsx'
import { UserMenu } from './UserMenu.tsx'

/** Numbers never join a link's name: tests and screen readers rely on it. */
export function Navigation({ me, onGo }: { me: Me; onGo?: () => void }) {
  return (
    <nav className="side" aria-label="Main">
      <div className="account">
        <span className="crest" aria-hidden>
          {initials(me.account.name)}
        </span>
        <span className="grow who">
          <b>{me.account.name}</b>
          {me.account.organization !== me.account.name && <small className="dim">{me.account.organization}</small>}
        </span>
      </div>
      <PaletteButton {...(onGo ? { onOpen: onGo } : {})} />
      {navigation.map((section) => (
        <Section key={section.name} section={section} {...(onGo ? { onGo } : {})} />
      ))}
      <div className="spring" />
      <UserMenu me={me} />
    </nav>
  )
}

/** How many wait for an answer; nothing when none does. */
function OpenRequests() {
  const { data } = useOpenRequests()
  return data ? (
    <span className="waiting-count" aria-hidden>
      {count(data)}
    </span>
  ) : null
}

function Section({ section, onGo }: { section: NavSection; onGo?: () => void }) {
  const { pathname } = useLocation()
  const open = isWithin(pathname, section.within)
  // A section with pages is never the current page itself; its own address leads to the first of them.
  return (
    <>
      <Link
        to={section.pages ? section.within : section.to}
        onClick={onGo}
        activeOptions={{ exact: section.pages !== undefined || section.within === '/' }}
      >
        <section.icon size={17} stroke={1.7} aria-hidden />
        {section.name}
      </Link>
      {open && section.pages && (
        <div className="sub">
          {section.pages.map((page) => (
            <Link key={page.name} to={page.to} onClick={onGo}>
              {page.name}
              {page.counts && <OpenRequests />}
            </Link>
          ))}
        </div>
      )}
    </>
  )
}
