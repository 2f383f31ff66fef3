// The mail servers that take our mail, as SMTP_URL names them.

/** True for the names and addresses of this machine. */
export const isLoopback = (host: string) => host === 'localhost' || host === '[::1]' || host.startsWith('127.')

/** How to reach a mail server. */
export type Smtp = {
  host: string
  port: number
  /** TLS from the first byte. */
  implicitTls: boolean
  /** No TLS at all: only for a relay on this machine. */
  plain: boolean
  user: string
  password: string
  /** Of one program at once. */
  connections: number
}

export type Relay = Smtp & {
  /** Its part of the messages beside other relays; 1 when absent. */
  weight?: number
  /** Most messages through it, of all programs together. */
  limit?: { most: number; seconds: number }
}

/**
 * Reads SMTP_URL: one or several relays with white space between them.
 *
 * @param connections of one program to all of them; each gets its part by `weight` unless it says `connections` itself
 * @throws Error that says what cannot be used
 */
export function readRelays(text: string, connections: number): Relay[] {
  const given = text.split(/\s+/).filter(Boolean).map(readOne)
  const sum = given.reduce((total, { weight }) => total + weight, 0)
  const relays = given.map(({ own, ...relay }) => ({
    ...relay,
    connections: own ?? Math.max(1, Math.round((connections * relay.weight) / sum)),
  }))
  const twice = relays.find((relay, index) => relays.findIndex((other) => nameOf(other) === nameOf(relay)) < index)
  if (twice) throw new Error(`SMTP_URL: ${nameOf(twice)} is there twice.`)
  return relays
}

/** How a relay is called in logs, limits and answers. */
export const nameOf = ({ host, port }: Smtp) => `${host}:${port}`

const options = new Set(['tls', 'weight', 'connections', 'perMinute', 'perHour'])

function readOne(text: string) {
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || !/^smtps?:$/.test(url.protocol) || url.hostname === '')
    throw new Error('SMTP_URL: a relay looks like smtps://user:password@host:465; several have a space between them.')
  for (const name of url.searchParams.keys())
    if (!options.has(name)) throw new Error(`SMTP_URL: ?${name} is not known. There are ${[...options].join(', ')}.`)
  const implicitTls = url.protocol === 'smtps:'
  const plain = url.searchParams.get('tls') === 'none'
  if (plain && !isLoopback(url.hostname))
    throw new Error(`SMTP_URL: ?tls=none is for a relay on this machine; ${url.hostname} is another one.`)
  if (plain && (url.username || url.password))
    throw new Error('SMTP_URL: a password is never sent without TLS. Remove ?tls=none or the user and password.')
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (implicitTls ? 465 : 587),
    implicitTls,
    plain,
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    weight: numberIn(url, 'weight', 1000) ?? 1,
    own: numberIn(url, 'connections', 100),
    ...limitIn(url),
  }
}

function limitIn(url: URL): Pick<Relay, 'limit'> {
  const perMinute = numberIn(url, 'perMinute', 10_000_000)
  const perHour = numberIn(url, 'perHour', 10_000_000)
  if (perMinute && perHour) throw new Error('SMTP_URL: a relay has perMinute or perHour, not both.')
  if (perMinute) return { limit: { most: perMinute, seconds: 60 } }
  return perHour ? { limit: { most: perHour, seconds: 3600 } } : {}
}

function numberIn(url: URL, name: string, most: number): number | null {
  const text = url.searchParams.get(name)
  return text === null ? null : wholeNumber(text, `SMTP_URL: ${name}`, most)
}

/**
 * Reads DOMAIN_LIMITS, such as `gmail.com=600 outlook.com=300`: most messages a minute by recipient's domain.
 *
 * @throws Error that says what cannot be used
 */
export function readDomainLimits(text: string): Map<string, number> {
  const limits = new Map<string, number>()
  for (const item of text.split(/\s+/).filter(Boolean)) {
    const [domain = '', most = '', ...more] = item.split('=')
    if (!/^[^@\s]+\.[^@\s]+$/.test(domain) || more.length > 0)
      throw new Error(`DOMAIN_LIMITS: ${item} cannot be used. A limit looks like gmail.com=600, messages a minute.`)
    limits.set(domain.toLowerCase(), wholeNumber(most, `DOMAIN_LIMITS: ${domain}`, 10_000_000))
  }
  return limits
}

function wholeNumber(text: string, what: string, most: number): number {
  if (/^[1-9]\d*$/.test(text) && Number(text) <= most) return Number(text)
  throw new Error(`${what} is a whole number from 1 to ${most}.`)
}
