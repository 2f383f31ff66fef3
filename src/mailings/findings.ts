import { isFreeMail } from '../optouts/free-mail.ts'
import type { LinkAnswer } from './answering.ts'
import type { Finding } from './mailing.contract.ts'
import type { OpenedMessage } from './open.ts'
import { attribute, elementsOf } from './visible.ts'
import { type Missing, missingIn, type WayOutUrls } from './wayout.ts'

/** Gmail cuts longer HTML off, and the way out with it (MF-14). */
const CLIPPED_BYTES = 102 * 1024

export const passed = (check: Finding['check'], title: string, text: string): Finding => ({
  check,
  level: 'passed',
  title,
  text,
})
export const look = (check: Finding['check'], title: string, text: string): Finding => ({
  check,
  level: 'look',
  title,
  text,
})
export const stops = (check: Finding['check'], title: string, text: string): Finding => ({
  check,
  level: 'stops',
  title,
  text,
})
export const count = (number: number) => new Intl.NumberFormat('en-GB').format(number)
const some = (number: number, one: string, many: string) => `${count(number)} ${number === 1 ? one : many}`

const PART = { html: 'HTML part', text: 'text part' }

/** Way out and postal address as a reader sees them, in every finished message (OC-28, LW-4). */
export function wayOutFindings(messages: OpenedMessage[], urls: WayOutUrls, postalAddress: string): Finding[] {
  const missing = messages.flatMap((message) => missingIn(message, urls, postalAddress))
  const texts = (what: Missing['what'][]) => [...new Set(missing.filter((one) => what.includes(one.what)).map(faultOf))]
  const ways = texts(['opt_out', 'preferences'])
  const postal =
    postalAddress.trim() === ''
      ? ['The account has no postal address. Enter it in Settings, Sender.']
      : texts(['postal_address'])
  return [
    ...ways.map((text) => stops('way_out', 'Way out', text)),
    ...(ways.length === 0
      ? [passed('way_out', 'Way out', 'Opt out and Manage your preferences are visible in both parts.')]
      : []),
    ...postal.map((text) => stops('postal_address', 'Postal address', text)),
    ...(postal.length === 0 ? [passed('postal_address', 'Postal address', postalAddress)] : []),
  ]
}

function faultOf({ part, what }: Missing): string {
  const itself = 'It comes by itself to a mailing that does not name {{ opt_out_url }}.'
  if (what === 'opt_out') return `This mailing has no visible way out in its ${PART[part]}. Add the footer. ${itself}`
  if (what === 'preferences')
    return `This mailing has no visible link to the preferences in its ${PART[part]}. Add {{ preferences_url }}, or the footer. ${itself}`
  return `The postal address is not visible in the ${PART[part]}. Add {{ sender.postal_address }}.`
}

/** The headers of one-click opt-out as they will be on the wire (OC-1 to OC-4). */
export function oneClickFinding(messages: OpenedMessage[], way: { isSigned: boolean; isSent: boolean }): Finding {
  const title = 'One-click opt-out'
  const isSet = messages.every(({ headers }) => {
    const [uri = '', ...more] = headers.get('list-unsubscribe') ?? []
    const post = headers.get('list-unsubscribe-post') ?? []
    return more.length === 0 && /^<https?:\/\/[^\s<>,]+>$/.test(uri) && post.join() === 'List-Unsubscribe=One-Click'
  })
  if (!isSet) return stops('authentication', title, 'The headers for one-click opt-out are not as they must be.')
  if (!way.isSent) return passed('authentication', title, 'Headers are set.')
  if (way.isSigned) return passed('authentication', title, 'Headers are set and signed.')
  const advice =
    'Set a DKIM key, or let your mail server sign these headers: without that mailbox providers do not offer one-click.'
  return look('authentication', title, `Headers are set, but not signed by this program. ${advice}`)
}

export type SenderFacts = { name: string; address: string; isSent: boolean; subject: string }

/** Who it comes from (MP-3, MP-5, MP-11). */
export function senderFindings({ name, address, isSent, subject }: SenderFacts): Finding[] {
  const title = 'Sender'
  const domain = address.slice(address.lastIndexOf('@') + 1)
  const found: Finding[] = []
  if (name === '') found.push(stops('sender', title, 'Enter the name of the sender.'))
  if (isFreeMail(address)) {
    const text = `Mail from ${domain} sent by anybody else is refused by most mailbox providers. Use an address of a domain of your own.`
    found.push(isSent ? stops('sender', title, text) : look('sender', title, text))
  }
  if (/(^|[^a-z])(no|do-?not|donot)[-_.]?reply([^a-z]|$)/i.test(address.split('@')[0] ?? ''))
    found.push(look('sender', title, 'People cannot answer a no-reply address. Use one that somebody reads.'))
  if (/@|\(\d+\)|[✓✔☑✅]|\p{Extended_Pictographic}/u.test(name) || (name !== '' && name === subject))
    found.push(
      look('sender', title, 'The name of the sender holds an address, a sign or the subject. Use the plain name.'),
    )
  return found.length > 0 ? found : [passed('sender', title, `${name} <${address}>, and replies reach it.`)]
}

/** The subject as it is and as it is filled (MP-5, SE-5). */
export function subjectFindings(subject: string, filled: string[]): Finding[] {
  const title = 'Subject'
  if (subject.trim() === '') return [stops('subject', title, 'Enter a subject.')]
  if (filled.some((text) => text.trim() === ''))
    return [stops('subject', title, 'For people without these details the subject is empty. Add a default.')]
  const found: Finding[] = []
  if (/^\s*(re|fwd?|aw|wg|tr)\s*:/i.test(subject))
    found.push(look('subject', title, 'It begins like an answer or a forwarded mail, which this is not.'))
  const length = Array.from(filled[0] ?? subject).length
  if (length > 150) found.push(look('subject', title, `${count(length)} characters; most readers see the first 60.`))
  return found.length > 0 ? found : [passed('subject', title, `${some(length, 'character', 'characters')}.`)]
}

/** Where the links of the finished message lead, and whether the pages that were asked answer. */
export function linkFindings(html: string, asked: LinkAnswer[]): Finding[] {
  const title = 'Links'
  const hrefs = elementsOf(html).flatMap((element) => {
    const href = ['a', 'area'].includes(element.tagName) ? attribute(element, 'href') : undefined
    return href === undefined ? [] : [href.trim()]
  })
  const isUsable = (href: string) => /^(https?:\/\/[^/\s]|mailto:[^\s]|tel:[+\d])/i.test(href) || href.startsWith('#')
  const wrong = hrefs.filter((href) => !isUsable(href))
  const forbidden = wrong.filter((href) => /^[a-z][a-z0-9+.-]*:/i.test(href.replace(/[^!-~]/g, '')))
  const shown = (list: string[]) =>
    [...new Set(list)]
      .slice(0, 3)
      .map((href) => `“${href.slice(0, 80)}”`)
      .join(', ')
  if (forbidden.length > 0)
    return [stops('links', title, `${shown(forbidden)}: a link leads to https://, http://, mailto: or tel: only.`)]
  if (wrong.length > 0)
    return [look('links', title, `${shown(wrong)}: this leads nowhere from a mail. Begin it with https://.`)]
  const silent = asked.flatMap(({ url, fault }) =>
    fault === null ? [] : [look('links', title, `“${url.slice(0, 80)}” ${fault}. Open it yourself to be sure.`)],
  )
  if (silent.length > 0) return silent
  const answered = asked.length === 0 ? '' : ` ${count(asked.length)} of ${count(asked.length)} pages answer.`
  return [passed('links', title, `${some(hrefs.length, 'link leads', 'links lead')} to full addresses.${answered}`)]
}

/** Marks of this and other mailing programs that nobody filled in (OC-29). */
export function leftOverFindings(messages: OpenedMessage[]): Finding[] {
  const marks =
    /\{\{.{0,60}|\}\}|\{%.{0,60}|\[%.{0,60}|%%[\w .-]{1,60}%%|\*\|[\w :.-]{1,60}\|\*|\[link:.{0,60}|\[\[[\w .-]{1,60}\]\]/g
  const found = messages.flatMap(({ subject, html, text }) => `${subject}\n${html}\n${text}`.match(marks) ?? [])
  return [...new Set(found)]
    .slice(0, 5)
    .map((mark) =>
      stops(
        'merge_points',
        'Merge points',
        `“${mark}” would be sent as it stands. Write {{ contact.first_name }} for a detail, or take it out.`,
      ),
    )
}

/** Images, size and what mail programs refuse. */
export function contentFindings({ html, headerBytes }: OpenedMessage): Finding[] {
  const elements = elementsOf(html)
  const images = elements.filter(({ tagName }) => tagName === 'img')
  const silent = images.filter((image) => attribute(image, 'alt') === undefined).length
  const names = new Set(elements.map(({ tagName }) => tagName))
  const bytes = Buffer.byteLength(html)
  const size = `${count(Math.max(1, Math.round(bytes / 1024)))} KB`
  const moving = ['form', 'iframe', 'object', 'embed', 'video', 'audio'].filter((name) => names.has(name))
  const acts = elements.some(({ attrs }) => attrs.some(({ name }) => /^on[a-z]/.test(name)))
  return [
    silent > 0
      ? look('images', 'Images', `${some(silent, 'image has', 'images have')} no alternative text.`)
      : passed(
          'images',
          'Images',
          images.length === 0
            ? 'There are none.'
            : `${count(images.length)} of ${count(images.length)} have an alternative text.`,
        ),
    bytes > CLIPPED_BYTES
      ? look(
          'size',
          'Size',
          `${size}, above the 102 KB at which some readers cut the end off, and the way out with it.`,
        )
      : passed('size', 'Size', `${size}, below the 102 KB at which some readers cut the end off.`),
    ...(headerBytes > 8000
      ? [stops('size', 'Size', 'The headers are larger than mail servers take. Shorten subject and sender.')]
      : []),
    ...(names.has('script') || acts
      ? [stops('content', 'Content', 'There is a script in the HTML part. Mail programs refuse or remove it.')]
      : []),
    ...(moving.length > 0 ? [look('content', 'Content', `Most mail programs do not show ${moving.join(', ')}.`)] : []),
  ]
}

export type MergeFacts = {
  points: string[][]
  /** Fields of the account by name. */
  labels: Map<string, string>
  missing: Map<string, number>
  /** The words that stand in for a missing field, where the mailing has some. */
  defaults: Map<string, string>
}

const URLS = ['opt_out_url', 'preferences_url', 'view_url', 'masked_address']
const SENDER = ['sender.name', 'sender.postal_address']

/** Merge points that mean nothing, and people for whom they are empty. */
export function mergeFindings({ points, labels, missing, defaults }: MergeFacts): Finding[] {
  const title = 'Merge points'
  const isKnown = ([root = '', name = '']: string[]) =>
    root === 'contact'
      ? name === 'address' || labels.has(name)
      : URLS.includes(root) || SENDER.includes(`${root}.${name}`)
  const unknown = [...new Set(points.filter((point) => !isKnown(point)).map((point) => point.join('.')))]
  const fields = [...labels.keys()].map((name) => `contact.${name}`).join(', ')
  const found = unknown.map((name) =>
    stops('merge_points', title, `There is no merge point “${name}”. The fields are ${fields || 'none yet'}.`),
  )
  for (const [name, people] of missing) {
    const label = labels.get(name) ?? name
    const lack = `${some(people, 'person has', 'people have')} no ${/^[A-Z][^A-Z]/.test(label) ? label[0]?.toLowerCase() + label.slice(1) : label}`
    const instead = defaults.get(name)
    found.push(
      look(
        'merge_points',
        lack,
        instead
          ? `They read “${instead}”, as you set it.`
          : `They read nothing there. Write {{ contact.${name} | default: "…" }} to give them a word.`,
      ),
    )
  }
  if (found.length > 0) return found
  const used = new Set(points.filter(([root]) => root === 'contact').map((point) => point.join('.'))).size
  return [
    passed(
      'merge_points',
      title,
      used === 0 ? 'There are none.' : `${some(used, 'detail is', 'details are')} known for everybody.`,
    ),
  ]
}
