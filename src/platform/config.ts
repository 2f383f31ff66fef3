import { Resolver } from 'node:dns'
import { resolve } from 'node:path'
import { z } from 'zod'
import { isLoopback, type Relay, readDomainLimits, readRelays } from './relay.ts'

const settings = z.object({
  PORT: z.coerce.number().int().min(0).max(65535).default(8080),
  HOST: z.string().default(''),
  BASE_URL: z.url({ protocol: /^https?$/ }).optional(),
  DATA_DIR: z.string().default('./data'),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  SMTP_URL: z
    .string()
    .regex(/^\s*smtps?:\/\/\S+(\s+smtps?:\/\/\S+)*\s*$/, 'looks like smtps://user:password@host:465')
    .optional(),
  SMTP_CONNECTIONS: z.coerce.number().int().min(1).max(100).default(10),
  DOMAIN_LIMITS: z.string().default(''),
  RETURNS_DOMAIN: z.string().default(''),
  RETURNS_LISTEN: z.url({ protocol: /^(?:smtp|lmtp)$/ }).optional(),
  DKIM_DOMAIN: z.string().default(''),
  DKIM_SELECTOR: z.string().default(''),
  DKIM_KEY_FILE: z.string().default(''),
  DNS_SERVERS: z.string().default(''),
  OWNER_EMAIL: z.email().optional(),
  OWNER_PASSWORD: z.string().optional(),
  OWNER_API_KEY: z.string().min(24, 'must have at least 24 characters').optional(),
  ADDRESS_KEY: z.string().optional(),
  LINK_KEYS: z.string().optional(),
  SESSION_KEY: z.string().optional(),
  TRUST_PROXY: z.string().default(''),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('warn'),
})

/** Where mail that comes back is taken in. */
export type Returns = { host: string; port: number; lmtp: boolean }

export type Dkim = { domain: string; selector: string; keyFile: string }

export type Config = {
  port: number
  /** Address to listen on; empty for loopback when BASE_URL is loopback, else every interface. */
  host: string
  /** Without a slash at its end; every link in mail begins with it. */
  baseUrl: string
  dataDir: string
  databaseUrl: string | null
  /** The relay that mail goes through, the first one when there are several; null: the built-in mailbox. */
  smtp: Relay | null
  /** Relays beside the first. */
  moreRelays: Relay[]
  /** Most messages a minute by recipient's domain. */
  domainLimits: Map<string, number>
  /** Domain of envelope senders (returns), or empty: the sender's own address is used. */
  returnsDomain: string
  /** Null: nothing listens for mail that comes back. */
  returns: Returns | null
  dkim: Dkim | null
  /** Name servers to ask, each `address` or `address:port`; none: those of the system. */
  dnsServers: string[]
  owner: { email: string; password: string } | null
  ownerApiKey: string | null
  keys: { address?: string | undefined; link?: string | undefined; session?: string | undefined }
  trustProxy: string | false
  logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
}

/**
 * Reads every setting there is from the environment; docs/settings.md lists them for operators.
 *
 * @throws Error whose message names each setting that is wrong and what it should be
 */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const parsed = settings.safeParse(given)
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
    throw new Error(`These settings cannot be used:\n  ${problems.join('\n  ')}`)
  }
  const set = parsed.data
  const baseUrl = (set.BASE_URL ?? `http://localhost:${set.PORT}`).replace(/\/+$/, '')
  if (baseUrl.length > 135)
    throw new Error('BASE_URL has at most 135 characters, so that opt-out links have at most 200 (OC-18).')
  const relays = readRelays(set.SMTP_URL ?? '', set.SMTP_CONNECTIONS)
  refuseUnusableLinks(baseUrl, relays)
  const [smtp = null, ...moreRelays] = relays
  if (Boolean(set.OWNER_EMAIL) !== Boolean(set.OWNER_PASSWORD))
    throw new Error('OWNER_EMAIL and OWNER_PASSWORD are given together or not at all.')
  const dkimParts = [set.DKIM_DOMAIN, set.DKIM_SELECTOR, set.DKIM_KEY_FILE].filter(Boolean).length
  if (dkimParts !== 0 && dkimParts !== 3)
    throw new Error('DKIM_DOMAIN, DKIM_SELECTOR and DKIM_KEY_FILE are given together or not at all.')
  return {
    port: set.PORT,
    host: set.HOST || (isLoopback(new URL(baseUrl).hostname) ? '127.0.0.1' : '0.0.0.0'),
    baseUrl,
    dataDir: resolve(set.DATA_DIR),
    databaseUrl: set.DATABASE_URL ?? null,
    smtp,
    moreRelays,
    domainLimits: readDomainLimits(set.DOMAIN_LIMITS),
    returnsDomain: set.RETURNS_DOMAIN.toLowerCase(),
    returns: readReturns(set.RETURNS_LISTEN, set.RETURNS_DOMAIN),
    dkim: dkimParts === 3 ? { domain: set.DKIM_DOMAIN, selector: set.DKIM_SELECTOR, keyFile: set.DKIM_KEY_FILE } : null,
    dnsServers: readServers(set.DNS_SERVERS),
    owner:
      set.OWNER_EMAIL && set.OWNER_PASSWORD
        ? { email: set.OWNER_EMAIL.toLowerCase(), password: set.OWNER_PASSWORD }
        : null,
    ownerApiKey: set.OWNER_API_KEY ?? null,
    keys: { address: set.ADDRESS_KEY, link: set.LINK_KEYS, session: set.SESSION_KEY },
    trustProxy: set.TRUST_PROXY || false,
    logLevel: set.LOG_LEVEL,
  }
}

function readServers(text: string): string[] {
  const servers = text.split(/[\s,]+/).filter(Boolean)
  try {
    new Resolver().setServers(servers)
  } catch (error) {
    throw new Error('DNS_SERVERS: give IP addresses with commas between them, such as 192.0.2.53 or 127.0.0.1:5353.', {
      cause: error,
    })
  }
  return servers
}

function readReturns(text: string | undefined, domain: string): Returns | null {
  if (text === undefined) return null
  if (domain === '')
    throw new Error('RETURNS_LISTEN needs RETURNS_DOMAIN, the domain of the addresses that it takes mail for.')
  const url = new URL(text)
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 25), lmtp: url.protocol === 'lmtp:' }
}

/** Mail with links that only this machine can open must not leave this machine. */
function refuseUnusableLinks(baseUrl: string, relays: Relay[]) {
  const url = new URL(baseUrl)
  if (url.protocol === 'https:') return
  if (!isLoopback(url.hostname))
    throw new Error(`BASE_URL must begin with https:// (it is ${baseUrl}); http:// is accepted for localhost alone.`)
  const away = relays.find(({ host }) => !isLoopback(host))
  if (away)
    throw new Error(
      `BASE_URL is ${baseUrl}, so nobody else could use the links in the mail, but SMTP_URL leads to ${away.host}. Set BASE_URL to the https:// address of this program.`,
    )
}
