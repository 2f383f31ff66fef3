export type StrictPart = { type: string; headers: [string, string][]; body: string }
export type StrictMessage = { headers: [string, string][]; type: string; boundary: string; parts: StrictPart[] }

/**
 * Reads a message by the letter of RFC 5322 and RFC 2046, as a second opinion beside postal-mime: CRLF alone ends a
 * line, a delimiter is a whole line, the closing one must be there, and anything after it must be empty.
 */
export function readStrictly(raw: Buffer): StrictMessage {
  const [head, body] = split(raw.toString('utf8'))
  const headers = readHeaders(head)
  const [type, boundary] = contentType(headers)
  const parts: StrictPart[] = []
  let open: string[] | null = null
  let isClosed = false
  for (const line of body.split('\r\n')) {
    const isDelimiter = line === `--${boundary}` || line === `--${boundary}--`
    if (isDelimiter && isClosed) throw new Error('a delimiter after the closing one')
    if (isDelimiter) {
      if (open) parts.push(readPart(open.join('\r\n')))
      open = []
      isClosed = line.endsWith('--') && line !== `--${boundary}`
    } else if (isClosed && line !== '') throw new Error('text after the closing delimiter')
    else open?.push(line)
  }
  if (!isClosed) throw new Error('no closing delimiter')
  return { headers, type, boundary, parts }
}

function readPart(text: string): StrictPart {
  const [head, body] = split(text)
  const headers = readHeaders(head)
  const joined = body.replace(/=\r\n/g, '').replaceAll('\r\n', '\n')
  if (/=(?![0-9A-F]{2})/.test(joined)) throw new Error('not quoted-printable')
  const bytes = joined.replace(/=([0-9A-F]{2})/g, (_, pair: string) => String.fromCharCode(Number.parseInt(pair, 16)))
  return { type: contentType(headers)[0], headers, body: Buffer.from(bytes, 'latin1').toString('utf8') }
}

function split(text: string): [head: string, body: string] {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) throw new Error('no empty line after the headers')
  return [text.slice(0, end), text.slice(end + 4)]
}

function readHeaders(head: string): [string, string][] {
  return head
    .replace(/\r\n(?=[ \t])/g, '')
    .split('\r\n')
    .map((line) => {
      const [, name, value] = /^([!-9;-~]+): ?(.*)$/.exec(line) ?? []
      if (name === undefined || value === undefined) throw new Error(`not a header line: ${line}`)
      return [name, value]
    })
}

function contentType(headers: [string, string][]): [type: string, boundary: string] {
  const found = headers.filter(([name]) => name.toLowerCase() === 'content-type')
  if (found.length !== 1) throw new Error('not one Content-Type')
  const value = found[0]?.[1] ?? ''
  return [value.split(';')[0]?.trim() ?? '', /boundary="([^"]+)"/.exec(value)?.[1] ?? '']
}
