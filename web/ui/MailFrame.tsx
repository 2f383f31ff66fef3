import { useRef, useState } from 'react'

/**
 * A mail in a frame of its own: no script runs in it, its links open in a new window.
 * Mail previews stay light, as most mail programs show them.
 */
export function MailFrame({ title, html }: { title: string; html: string }) {
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
      srcDoc={`<base target="_blank"><meta name="color-scheme" content="light">${html}`}
      style={{ height }}
      onLoad={fit}
    />
  )
}
