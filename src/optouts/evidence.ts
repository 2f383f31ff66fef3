const SECRET = /cookie|authori[sz]ation|token|secret|session|api-?key|^referer$/i

/**
 * What shows later that a request was made: method, the link's key and the headers as they came (LW-9).
 *
 * Left out: cookies, credentials and the referrer by name; values that hold an address or the link's token.
 * At most 40 headers of 300 characters.
 */
export function requestEvidence(
  request: { method?: string | undefined; rawHeaders: string[] },
  link: { token: string; keyId: number } | null,
): Record<string, unknown> {
  const headers: [string, string][] = []
  for (let place = 0; place + 1 < request.rawHeaders.length && headers.length < 40; place += 2) {
    const [name = '', value = ''] = request.rawHeaders.slice(place, place + 2)
    if (SECRET.test(name)) continue
    const isTelling = /@|%40/.test(value) || (link !== null && value.includes(link.token))
    headers.push([name.slice(0, 100), isTelling ? 'left out' : value.slice(0, 300)])
  }
  return { method: request.method ?? '', ...(link ? { keyId: link.keyId } : {}), headers }
}
