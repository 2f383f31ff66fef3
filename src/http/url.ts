/** Pages that people come to by links in mail. */
const LINKED = /^\/[opsvci]\//

/**
 * The path that the router reads: a `%` that begins no character is taken as it stands in links that people follow, so
 * that one which a mail program has damaged leads to its page, and to the way out there, and not to a bare error.
 */
export function readableUrl(url: string): string {
  const [path = '', ...query] = url.split('?')
  if (!LINKED.test(path) || isReadable(path)) return url
  return [path.replaceAll('%', '%25'), ...query].join('?')
}

function isReadable(path: string): boolean {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}
