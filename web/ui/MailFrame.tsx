import { useRef, useState } from 'react'

/**
 * A mail in a frame of its own: no script runs in it, its links open in a new window.
 * Mail previews stay light, as most mail programs show them, unless the dark is asked for.
 */
export function MailFrame({ title, html, dark = false }: { title: string; html: string; dark?: boolean }) {
  const frame = useRef<HTMLIFrameElement>(null)
  const [height, setHeight] = useState(480)
  const fit = () => {
    const page = frame.current?.contentDocument?.documentElement
    if (page) setHeight(Math.max(160, Math.min(Math.ceil(page.getBoundingClientRect().height), 4000)))
  }
  return (
    <iframe
      ref={frame}
      title={title}
      className="mail-frame"
      // allow-same-origin lets this page measure the mail; without allow-scripts nothing in it can run
      sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"
      srcDoc={inScheme(html, dark)}
      style={{ height }}
      onLoad={fit}
    />
  )
}

/** The mail as it is in light or dark, whatever the browser shows: its questions for the scheme get their answer here. */
function inScheme(html: string, dark: boolean): string {
  const asked = (scheme: string) => new RegExp(`\\(\\s*prefers-color-scheme\\s*:\\s*${scheme}\\s*\\)`, 'gi')
  const isDark = dark && /prefers-color-scheme|color-scheme/i.test(html)
  const [yes, no] = ['(min-width:0px)', '(max-width:0px)']
  const answered = html.replace(asked('dark'), dark ? yes : no).replace(asked('light'), dark ? no : yes)
  return `<base target="_blank"><meta name="color-scheme" content="${isDark ? 'dark' : 'light'}">${answered}`
}
