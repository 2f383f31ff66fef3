import type { Dns } from '../platform/dns.ts'

/** A DMARC policy record that is valid, and the domain that it stands at. */
export type Policy = { domain: string; text: string; tags: Map<string, string> }

/** More labels than this are not walked one by one (RFC 9989 §4.10). */
const MOST_LABELS = 8

/**
 * Records from `domain` upwards, the longest name first. Two at one name count as none; what is not known in them does not
 * matter (AU-4).
 *
 * @throws DnsSilent
 */
export async function walkTree(dns: Dns, domain: string): Promise<Policy[]> {
  const found: Policy[] = []
  let labels = domain.split('.')
  while (labels.length > 0) {
    const at = labels.join('.')
    const [policy, ...more] = (await dns.txt(`_dmarc.${at}`)).flatMap((text) => readPolicy(at, text))
    if (policy && more.length === 0) {
      found.push(policy)
      if (['y', 'n'].includes(policy.tags.get('psd') ?? '')) break
    }
    labels = labels.length >= MOST_LABELS ? labels.slice(-(MOST_LABELS - 1)) : labels.slice(1)
  }
  return found
}

function readPolicy(domain: string, text: string): Policy[] {
  const pairs = text.split(';').map((part) => part.split('=', 2).map((side) => side.trim()))
  const [first] = pairs
  if (first?.[0] !== 'v' || first[1] !== 'DMARC1') return []
  return [
    { domain, text, tags: new Map(pairs.map(([name = '', value = '']) => [name.toLowerCase(), value.toLowerCase()])) },
  ]
}

/** The domain that names belong to, by the records that walkTree found from `domain` (RFC 9989 §4.10.2). */
export function organizationalDomain(domain: string, found: Policy[]): string {
  const closed = found.find(({ tags }) => tags.get('psd') === 'n')
  if (closed) return closed.domain
  const suffix = found.find((policy) => policy.tags.get('psd') === 'y' && policy.domain !== domain)
  if (suffix)
    return domain
      .split('.')
      .slice(-(suffix.domain.split('.').length + 1))
      .join('.')
  return found.at(-1)?.domain ?? domain
}

/** The record that holds for mail from `domain`: its own, else the one of the domain that it belongs to. */
export function policyFor(domain: string, found: Policy[]): Policy | undefined {
  const owner = organizationalDomain(domain, found)
  return found.find((policy) => policy.domain === domain) ?? found.find((policy) => policy.domain === owner)
}

/**
 * True when a signature or an envelope of `other` speaks for mail from `domain`.
 *
 * @param strict as adkim=s and aspf=s ask: only the very same domain
 * @throws DnsSilent
 */
export async function isAligned(dns: Dns, domain: string, other: string, strict: boolean): Promise<boolean> {
  if (domain === other) return true
  if (strict) return false
  const [mine, theirs] = await Promise.all([walkTree(dns, domain), walkTree(dns, other)])
  return organizationalDomain(domain, mine) === organizationalDomain(other, theirs)
}
