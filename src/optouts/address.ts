import { createHmac } from 'node:crypto'
import { toASCII } from 'tr46'

export type Address = {
  /** As entered, cleaned of what surrounds it; mail goes to this spelling. */
  address: string
  /** Equal for two spellings of one address: one contact per canonical address (AB-20). */
  canonical: string
  /** What the opt-out belongs to: the canonical form, and for Gmail its one mailbox (AB-22). */
  optOutForm: string
  /** The opt-out form without its +tag, when it has one and the domain is not Gmail; else null. */
  untagged: string | null
}

export type AddressProblem = { problem: string }

/**
 * Reads an address as people type and files hold it.
 *
 * Rules: AB-20 (NFC, lower case local part, UTS 46 domain), AB-22 (Gmail). RFC 5321 §4.5.3.1: at most 64 octets
 * before the @ and 254 in all.
 */
export function readAddress(input: string): Address | AddressProblem {
  if (input.length > 1000) return { problem: 'An address has at most 254 characters.' }
  const text = strip(input)
  const at = text.lastIndexOf('@')
  if (at < 0) return { problem: 'There is no @. An address looks like name@post.example.' }
  const local = text.slice(0, at)
  const domain = text.slice(at + 1)
  const problem = localProblem(local)
  if (problem) return { problem }
  const ascii = toASCII(domain, idna)
  if (ascii === null || !/^[a-z0-9.-]+\.[a-z0-9-]*[a-z][a-z0-9-]*$/.test(ascii))
    return {
      problem: domain.includes('.')
        ? `“${domain}” is not a domain name.`
        : `Something is missing after “${domain}”. An address looks like name@post.example.`,
    }
  const canonicalLocal = local.normalize('NFC').toLowerCase()
  const canonical = `${canonicalLocal}@${ascii}`
  if (Buffer.byteLength(canonicalLocal) > 64 || Buffer.byteLength(canonical) > 254)
    return { problem: 'An address has at most 64 characters before the @ and 254 in all.' }
  const gmail = ascii === 'gmail.com' || ascii === 'googlemail.com'
  const [base = ''] = canonicalLocal.split('+', 1)
  const optOutForm = gmail ? `${(base || canonicalLocal).replaceAll('.', '')}@gmail.com` : canonical
  const untagged = !gmail && base !== '' && base !== canonicalLocal ? `${base}@${ascii}` : null
  return { address: `${local}@${domain}`, canonical, optOutForm, untagged }
}

export const isAddress = (read: Address | AddressProblem): read is Address => !('problem' in read)

/**
 * The 128-bit key under which an address's opt-out stands; it outlives the address (D2, LW-12).
 *
 * @param secret the address key of keys.json, kept outside the database
 * @param form an opt-out form or untagged form from readAddress
 */
export function addressKey(secret: Buffer, form: string): Buffer {
  return createHmac('sha256', secret).update(form).digest().subarray(0, 16)
}

/** `i***@p***.example`: enough for its holder, too little for anybody else (UX-13). */
export function maskAddress(address: string): string {
  const at = address.lastIndexOf('@')
  const labels = address.slice(at + 1).split('.')
  const top = labels.length > 1 ? `.${labels.at(-1)}` : ''
  const first = (text: string) => [...text][0] ?? ''
  return `${first(address.slice(0, at))}***@${first(labels[0] ?? '')}***${top}`
}

const idna = {
  checkHyphens: false,
  checkBidi: true,
  checkJoiners: true,
  useSTD3ASCIIRules: true,
  verifyDNSLength: true,
  transitionalProcessing: false,
}

function strip(input: string): string {
  return input
    .replace(/＠/g, '@')
    .replace(/[。．｡]/g, '.')
    .replace(/^[\s\u00a0\u200b-\u200d\u2060\ufeff<]*(?:mailto:)?|[\s\u00a0\u200b-\u200d\u2060\ufeff>.,;]*$/gi, '')
}

function localProblem(local: string): string | null {
  if (local === '') return 'There is nothing before the @.'
  if (/[\s\u0000-\u001f\u007f-\u00a0\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]/.test(local))
    return 'There is a space or an invisible character in it.'
  if (/["(),:;<>@[\\\]]/.test(local)) return 'There is a character before the @ that addresses do not have.'
  if (local.startsWith('.') || local.endsWith('.') || local.includes('..'))
    return 'There is a dot in the wrong place before the @.'
  return null
}
