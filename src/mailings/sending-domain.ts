import { createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { domainToASCII } from 'node:url'
import type { Config, Dkim } from '../platform/config.ts'
import type { Core } from '../platform/core.ts'
import { type Dns, DnsSilent, openDns } from '../platform/dns.ts'
import { isLoopback } from '../platform/relay.ts'
import { isAligned, type Policy, policyFor, walkTree } from './dmarc.ts'
import { look, passed } from './findings.ts'
import type { Finding } from './mailing.contract.ts'
import type { DnsRecord, SendingDomain } from './sending-domain.contract.ts'
import { countQuestions, isSpf, MOST_QUESTIONS } from './spf.ts'

const KEPT_MS = 5 * 60_000
const kept = new WeakMap<Config, Map<string, SendingDomain>>()

/**
 * What the DNS says about the domain of `address`, with exactly what has to stand there (MP-2, AU-4, AU-5). An answer is
 * kept for five minutes.
 *
 * Nobody is asked while BASE_URL is of this machine, unless DNS_SERVERS is set: then no mail leaves it either.
 */
export async function lookUpDomain(core: Core, address: string, { again = false } = {}): Promise<SendingDomain> {
  const { config, clock } = core
  const domain = domainOf(address)
  const signs = config.dkim !== null
  if (domain === '') return { domain, lookedUpAt: null, signs, records: [] }
  const before = kept.get(config) ?? new Map<string, SendingDomain>()
  kept.set(config, before)
  const known = before.get(domain)
  if (!again && known?.lookedUpAt && clock().getTime() - Date.parse(known.lookedUpAt) < KEPT_MS) return known
  const isAsked = config.dnsServers.length > 0 || !isLoopback(new URL(config.baseUrl).hostname)
  const records = await recordsOf(isAsked ? openDns(config.dnsServers) : nobody, config, domain)
  const found = { domain, lookedUpAt: isAsked ? clock().toISOString() : null, signs, records }
  if (before.size >= 1000) before.clear()
  before.set(domain, found)
  return found
}

/** The sending domain as one of the checks of a mailing; none when nothing was looked up. */
export async function domainFindings(core: Core, from: string): Promise<Finding[]> {
  const title = 'Sending domain'
  const { domain, lookedUpAt, records } = await lookUpDomain(core, from)
  if (lookedUpAt === null) return []
  const wrong = records.filter(({ state }) => state !== 'found')
  const page = 'Settings, Sending domain, has the records to put in.'
  if (wrong.length > 0)
    return wrong.map((record) => look('authentication', title, `${record.for}: ${record.text} ${page}`))
  const names = records
    .map((record) => record.for)
    .join(', ')
    .replace(/, (\w+)$/, ' and $1')
  return [passed('authentication', title, `${domain}: ${names} are there and agree with the sender.`)]
}

const domainOf = (address: string) =>
  address.includes('@') ? domainToASCII(address.slice(address.lastIndexOf('@') + 1)).toLowerCase() : ''

const nobody: Dns = { txt: () => Promise.reject(new DnsSilent('nobody is asked')) }

async function recordsOf(dns: Dns, config: Config, domain: string): Promise<DnsRecord[]> {
  const policies = await orUnknown(() => walkTree(dns, domain))
  const policy = policies && policyFor(domain, policies)
  const { dkim } = config
  return [
    ...(dkim ? [await dkimRecord(dns, dkim, domain, policy)] : []),
    await spfRecord(dns, config, domain, policy),
    dmarcRecord(domain, policies && (policy ?? null)),
  ]
}

/** Undefined when the name servers do not answer. */
async function orUnknown<Found>(ask: () => Promise<Found>): Promise<Found | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof DnsSilent) return undefined
    throw error
  }
}

const UNKNOWN = { state: 'unknown' as const, text: 'It was not looked up, or no name server answered.' }

async function dkimRecord(dns: Dns, dkim: Dkim, domain: string, policy: Policy | undefined): Promise<DnsRecord> {
  const key = createPublicKey(readFileSync(dkim.keyFile)).export({ type: 'spki', format: 'der' }).toString('base64')
  const name = `${dkim.selector}._domainkey.${dkim.domain}`
  const record = { for: 'DKIM' as const, type: 'TXT' as const, name, value: `v=DKIM1; k=rsa; p=${key}` }
  const found = await orUnknown(() => dns.txt(name))
  const strict = policy?.tags.get('adkim') === 's'
  const agrees = await orUnknown(() => isAligned(dns, domain, dkim.domain.toLowerCase(), strict))
  if (!found || agrees === undefined) return { ...record, ...UNKNOWN }
  if (!agrees)
    return {
      ...record,
      state: 'other',
      text: `Mail is signed for ${dkim.domain}, which does not speak for ${domain}. Set DKIM_DOMAIN to ${domain}.`,
    }
  if (found.length === 0) return { ...record, state: 'missing', text: `There is no key at ${name}.` }
  const keys = found.map((text) => /(?:^|;)\s*p\s*=([^;]*)/i.exec(text)?.[1]?.replace(/\s/g, ''))
  return found.length === 1 && keys[0] === key
    ? { ...record, state: 'found', text: 'The published key is the one that mail is signed with.' }
    : { ...record, state: 'other', text: 'Another key stands there, so receivers refuse the signature.' }
}

/** SPF holds for the domain of the envelope sender. */
async function spfRecord(dns: Dns, config: Config, domain: string, policy: Policy | undefined): Promise<DnsRecord> {
  const name = config.returnsDomain || domain
  const host = config.smtp?.host ?? 'your.mail.server'
  const record = { for: 'SPF' as const, type: 'TXT' as const, name, value: `v=spf1 a:${host} -all` }
  const found = await orUnknown(async () => (await dns.txt(name)).filter(isSpf))
  const strict = policy?.tags.get('aspf') === 's'
  const agrees = await orUnknown(() => isAligned(dns, domain, name, strict))
  if (!found || agrees === undefined) return { ...record, ...UNKNOWN }
  const [text, ...more] = found
  if (text === undefined)
    return {
      ...record,
      state: 'missing',
      text: `No record at ${name} says which servers may send. If your mail server's provider names another record, use that.`,
    }
  const other = (why: string): DnsRecord => ({ ...record, value: text, state: 'other', text: why })
  if (more.length > 0) return other('There are two records, so receivers use neither. Leave one.')
  if (/\s\+?all(\s|$)/i.test(text)) return other('It lets every server send. End it with -all.')
  if (!agrees) return other(`Returns go to ${name}, which does not speak for ${domain}. Use a part of ${domain}.`)
  const questions = await orUnknown(() => countQuestions(dns, text))
  if (questions === undefined) return { ...record, value: text, ...UNKNOWN }
  return questions > MOST_QUESTIONS
    ? other(
        `It takes more than ${MOST_QUESTIONS} DNS questions, so receivers do not use it. Take out what is not needed.`,
      )
    : { ...record, value: text, state: 'found', text: `It takes ${questions} of ${MOST_QUESTIONS} DNS questions.` }
}

/** @param policy undefined when not known, null when there is none */
function dmarcRecord(domain: string, policy: Policy | null | undefined): DnsRecord {
  const record = { for: 'DMARC' as const, type: 'TXT' as const, name: `_dmarc.${domain}`, value: 'v=DMARC1; p=none' }
  if (policy === undefined) return { ...record, ...UNKNOWN }
  if (policy === null)
    return { ...record, state: 'missing', text: 'Mailbox providers refuse mail to many from a domain without it.' }
  const asks = policy.tags.get('p') ?? 'none'
  return {
    ...record,
    name: `_dmarc.${policy.domain}`,
    value: policy.text,
    state: 'found',
    text: asks === 'none' ? 'It asks receivers for nothing yet (p=none).' : `It asks receivers for p=${asks}.`,
  }
}
