import { addressesIn, addressIn } from './text.ts'

export type Failed = { address: string; words: string }

/**
 * The recipients that a report in free text names, each with what is said about it (BN-13).
 *
 * @param others addresses that are not recipients: of the report itself and of its sender
 */
export function failedIn(notice: string, others: string[]): Failed[] {
  const isOther = new Set(others.map((address) => address.toLowerCase()))
  const lines = notice.split('\n', 2000)
  for (const shape of SHAPES) {
    const named = lines.flatMap((line, place) => {
      const address = shape(line.slice(0, 1000))
      return address ? [{ address, place }] : []
    })
    const starts = named.filter(({ address }) => !isOther.has(address.toLowerCase()))
    if (starts.length > 0) return gather(lines, starts)
    if (shape === startsWithAddress && named.length > 0) return gather(lines, named)
  }
  const found = addressesIn(notice).filter(
    (address) => !isOther.has(address.toLowerCase()) && !/^(?:postmaster|mailer-daemon)@/i.test(address),
  )
  return found.slice(0, 1).map((address) => ({ address, words: notice }))
}

/** How lines name a failed recipient, the surest shape first. */
const SHAPES: ((line: string) => string)[] = [
  // "<ann@example.org>: …", "ann@example.org", "* ann@example.org", ">>> ann@example.org <ann@example.org>", "554 <ann@example.org>... …"
  startsWithAddress,
  (line) => named(line, /^[\s*>-]{0,20}(?=[^\s@<>]{1,64}@)/),
  (line) =>
    named(
      line,
      /\b(?:recipient address|recipients?|rcpt to|delivering your mail to|deliver(?:ed|y)? (?:your |the )?(?:message |mail )?to|couldn't be delivered to|could not be delivered to|permanently|message to|addressed to|envelope-to|to|for|an|pour|para)\s*:?\s*<?/i,
    ),
]

function startsWithAddress(line: string): string {
  const rest = line.replace(/^[\s*>•·-]{0,40}(?:[45]\d\d[ -])?(?:rcpt to:\s*|recipient:\s*)?/i, '')
  const bare = rest.replace(/^[<"'(]{1,3}/, '').replace(/^mailto:/i, '')
  const address = addressIn(bare.slice(0, 330))
  if (!address || !bare.startsWith(address)) return ''
  return /^["'>)]{0,3}(?:\s*$|\s*:|\s+on\s|\s*[[(<]|\.\.\.|\s*\.{3}|\s*,|\s+-|\s*;|\s*(?:\t|\s{2,}))/.test(
    bare.slice(address.length),
  ) || rest.startsWith('<')
    ? address
    : ''
}

function named(line: string, pattern: RegExp): string {
  const found = pattern.exec(line)
  if (!found) return ''
  const rest = line.slice(found.index + found[0].length)
  const address = addressIn(rest)
  return address && rest.indexOf(address) < 4 ? address : ''
}

type Start = { address: string; place: number }

/** True when a line says something about the address that it begins with. */
const says = (line: string, address: string) =>
  /[a-z]{3}.*[a-z]{3}/i.test(line.slice(line.indexOf(address) + address.length))

/** Words between one recipient and the next belong to the first; what stands before and after all of them to each. */
function gather(lines: string[], starts: Start[]): Failed[] {
  const addresses = [...new Set(starts.map(({ address }) => address.toLowerCase()))].slice(0, 200)
  if (addresses.length === 1) return [{ address: starts[0]?.address ?? '', words: lines.join('\n') }]
  return addresses.map((lower) => {
    const own = starts.flatMap(({ address, place }, index) => {
      if (address.toLowerCase() !== lower) return []
      const next = starts.slice(index + 1).find((other) => other.address.toLowerCase() !== lower)
      const all = lines.slice(place, next?.place ?? Math.min(lines.length, place + 40))
      const end = says(all[0] ?? '', address) ? all.findIndex((line, index) => index > 0 && !/^\s+\S/.test(line)) : -1
      return end < 0 ? all : all.slice(0, end)
    })
    const spelling = starts.find(({ address }) => address.toLowerCase() === lower)?.address ?? lower
    const ownWords = own.join('\n')
    return { address: spelling, words: /[a-z]/i.test(ownWords.replaceAll(spelling, '')) ? ownWords : lines.join('\n') }
  })
}
