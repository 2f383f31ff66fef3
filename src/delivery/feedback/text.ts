const ADDRESS =
  /[A-Za-z0-9!#$%&'*+/=?^_{|}~.\u0080-\uffff-]{1,64}@(?:[A-Za-z0-9\u0080-\uffff](?:[A-Za-z0-9\u0080-\uffff-]{0,62})\.){1,8}[A-Za-z\u0080-\uffff][A-Za-z0-9\u0080-\uffff-]{1,62}/
const EVERY_ADDRESS = new RegExp(ADDRESS.source, 'g')
const QUOTED = /"[^"\n]{1,60}"@[A-Za-z0-9.-]{3,255}/

/** The first address in a text, or an empty one. */
export function addressIn(text: string): string {
  const piece = text.slice(0, 2000)
  return tidy(QUOTED.exec(piece)?.[0] ?? ADDRESS.exec(piece)?.[0] ?? '')
}

/** Every address in a text, each once, in their order. */
export function addressesIn(text: string): string[] {
  return [...new Set([...text.slice(0, 20_000).matchAll(EVERY_ADDRESS)].map(([found]) => tidy(found)))]
}

const tidy = (address: string) => address.replace(/^['=]+|\.$/g, '').replace(/^mailto:/i, '')

/** Lines after which the returned message stands, in the words of many mail systems. */
const ORIGINAL_FOLLOWS = [
  /^[-=_ *]{0,80}(?:original|returned|unsent|undelivered|failed|your) (?:message|mail|e-?mail)(?: headers?| body)?(?: (?:follows?|text|is (?:following|attached)))?[-=_ *.:]{0,80}$/i,
  /^[-=_ *]{0,80}(?:this is a copy of (?:the|your) message|below this line is a copy of the message|included is a copy of the message|a copy of the message|here is a copy of the message|(?:the )?(?:headers?|first \d+ (?:lines|bytes)|text) of (?:the |your )?(?:original |returned )?message|message headers? follow|content of (?:the )?(?:original )?message)\b/i,
  /^[-=_ *]{0,80}(?:the )?(?:header|text) of the original message/i,
  /^[-=_ *]{3,80}\s*(?:begin |start of )?(?:message (?:header|text|recipients)|nachricht|mensaje original|message original|messaggio originale|ursprüngliche nachricht|исходное сообщение|元のメッセージ)/i,
  /^-{3,}\s*(?:forwarded message|undelivered message)/i,
]
const RETURNED_FIELD =
  /^(?:return-path|received|message-id|mime-version|from|to|date|subject|x-[\w-]+|content-type|content-transfer-encoding|dkim-signature|sender|reply-to|list-[\w-]+|cc)\s*:/i
const ORIGIN_FIELD = /^(?:return-path|received|message-id|mime-version|content-type|dkim-signature)\s*:/i

/** What a report says, and the message it returns below that. */
export function splitNotice(text: string): { notice: string; returned: string } {
  const lines = text.split('\n', 5000)
  const marked = lines.findIndex(
    (line, place) => place > 0 && line.length < 200 && ORIGINAL_FOLLOWS.some((pattern) => pattern.test(line.trim())),
  )
  const begin =
    marked >= 0 && lines.slice(marked + 1, marked + 40).some((line) => RETURNED_FIELD.test(line))
      ? marked
      : headerBlock(lines)
  if (begin < 0) return { notice: lines.join('\n'), returned: '' }
  const from = lines.findIndex((line, place) => place >= begin && RETURNED_FIELD.test(line))
  return { notice: lines.slice(0, begin).join('\n'), returned: from < 0 ? '' : lines.slice(from).join('\n') }
}

/** Where header fields begin that no line announces; -1 when there are none. */
function headerBlock(lines: string[]): number {
  for (let place = 1; place < lines.length; place++) {
    if (!RETURNED_FIELD.test(lines[place] ?? '') || lines[place - 1]?.trim() !== '') continue
    const next = lines.slice(place, place + 12)
    const end = next.findIndex((line) => line.trim() === '')
    const block = end < 0 ? next : next.slice(0, end)
    if (block.filter((line) => RETURNED_FIELD.test(line)).length >= 3 && block.some((line) => ORIGIN_FIELD.test(line)))
      return place
  }
  return -1
}

/** Plain text of HTML, good enough to read reasons in. Linear in its length. */
export function textOfHtml(html: string): string {
  let text = ''
  let at = 0
  while (at < html.length) {
    const open = html.indexOf('<', at)
    text += html.slice(at, open < 0 ? undefined : open)
    if (open < 0) break
    const close = html.indexOf('>', open)
    if (close < 0) break
    const tag = html.slice(open + 1, Math.min(close, open + 12)).toLowerCase()
    if (/^\/?(?:p|br|div|tr|li|h\d|td|table)\b/.test(tag)) text += '\n'
    at = close + 1
    if (/^(?:style|script)\b/.test(tag)) {
      const end = html.indexOf(`</${tag.startsWith('style') ? 'style' : 'script'}`, at)
      at = end < 0 ? html.length : end
    }
  }
  return text
    .replaceAll('&nbsp;', ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
}
