import { toASCII } from 'tr46'
import { mac } from '../platform/mac.ts'

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
 * before the @ and 254 in all. Plain ASCII, nearly all there is, takes a way that is 20 times faster.
 */
export function readAddress(input: string): Address | AddressProblem {
  if (input.length <= 254 && PLAIN.test(input)) {
    const at = input.indexOf('@')
    const canonical = input.toLowerCase()
    if (at <= 64 && !canonical.includes('xn--')) return formsOf(input, canonical.slice(0, at), canonical.slice(at + 1))
  }
  return readAnyAddress(input)
}

/** What readAddress does for everything that is not plain; exported for the test that compares the two. */
export function readAnyAddress(input: string): Address | AddressProblem {
  if (input.length > 1000) return { problem: 'An address has at most 254 characters.' }
  const text = strip(input)
  const at = text.lastIndexOf('@')
  if (at < 0) return { problem: 'There is no @. An address looks like name@post.example.' }
  const local = text.slice(0, at)
  const domain = text.slice(at + 1)
  const problem = localProblem(local) ?? localProblem(lowerCase(local)) // U+037E, for one, becomes a semicolon
  if (problem) return { problem }
  const ascii = toASCII(domain, idna)
  if (ascii === null || !/^[a-z0-9.-]+\.[a-z0-9-]*[a-z][a-z0-9-]*$/.test(ascii))
    return {
      problem: domain.includes('.')
        ? `“${domain}” is not a domain name.`
        : `Something is missing after “${domain}”. An address looks like name@post.example.`,
    }
  const canonicalLocal = lowerCase(local)
  if (octets(local) > 64 || octets(canonicalLocal) > 64 || octets(`${canonicalLocal}@${ascii}`) > 254)
    return { problem: 'An address has at most 64 characters before the @ and 254 in all.' }
  return formsOf(`${local}@${domain}`, canonicalLocal, ascii)
}

function formsOf(address: string, local: string, domain: string): Address {
  const canonical = `${local}@${domain}`
  const gmail = domain === 'gmail.com' || domain === 'googlemail.com'
  const plus = local.indexOf('+')
  const base = plus > 0 ? local.slice(0, plus) : local
  if (gmail) return { address, canonical, optOutForm: `${base.replaceAll('.', '')}@gmail.com`, untagged: null }
  return { address, canonical, optOutForm: canonical, untagged: base === local ? null : `${base}@${domain}` }
}

/** `ann@post.example` of “Ann Bell <ann@post.example>”. */
export const addressIn = (text: string) => /<([^<>]*@[^<>]*)>[\s,;]*$/.exec(text)?.[1] ?? text

export const isAddress = (read: Address | AddressProblem): read is Address => !('problem' in read)

/**
 * The 128-bit key under which an address's opt-out stands; it outlives the address (D2, LW-12).
 *
 * @param secret the address key of keys.json, kept outside the database
 * @param form an opt-out form or untagged form from readAddress
 */
export function addressKey(secret: Buffer, form: string): Buffer {
  return mac(secret, form).subarray(0, 16)
}

/** `i***@p***.example`: enough for its holder, too little for anybody else (UX-13). */
export function maskAddress(address: string): string {
  const at = address.lastIndexOf('@')
  const labels = address.slice(at + 1).split('.')
  const top = labels.length > 1 ? `.${labels.at(-1)}` : ''
  const first = (text: string) => Array.from(text)[0] ?? ''
  return `${first(address.slice(0, at))}***@${first(labels[0] ?? '')}***${top}`
}

/** ASCII that no step below would change or refuse, except for letter case and encoded (xn--) labels. */
const PLAIN =
  /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/i

const idna = {
  checkHyphens: false,
  checkBidi: true,
  checkJoiners: true,
  useSTD3ASCIIRules: true,
  verifyDNSLength: true,
  transitionalProcessing: false,
}

const SPACE = '\\s\\u00a0\\u200b-\\u200d\\u2060\\ufeff'
const BEFORE = new RegExp(`^[${SPACE}<]*(?:mailto:[${SPACE}<]*)?`, 'i')
const AFTER = new RegExp(`[${SPACE}>.,;]`)

/** The end is walked, not matched: a regular expression would look at every run of spaces in the middle (SE-13). */
function strip(input: string): string {
  const text = input
    .replace(/＠/g, '@')
    .replace(/[。．｡]/g, '.')
    .replace(BEFORE, '')
  let end = text.length
  while (end > 0 && AFTER.test(text.charAt(end - 1))) end--
  return text.slice(0, end)
}

function localProblem(local: string): string | null {
  if (local === '') return 'There is nothing before the @.'
  if (/[\p{C}\p{Z}\s\p{Default_Ignorable_Code_Point}]/u.test(local))
    return 'There is a space or an invisible character in it.'
  if (/["(),:;<>@[\\\]]/.test(local)) return 'There is a character before the @ that addresses do not have.'
  if (local.startsWith('.') || local.endsWith('.') || local.includes('..'))
    return 'There is a dot in the wrong place before the @.'
  return null
}

/**
 * Lower case by Unicode's simple mapping, the same in every language: JavaScript's own would keep the dot of İ as a
 * second character and choose between σ and ς by what stands around it, so that two spellings would differ.
 */
const lowerCase = (text: string) =>
  text.normalize('NFC').replaceAll('İ', 'i').toLowerCase().replaceAll('ς', 'σ').normalize('NFC')

const octets = (text: string) => Buffer.byteLength(text)
