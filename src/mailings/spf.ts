import type { Dns } from '../platform/dns.ts'

/** SPF records allow this many further questions (RFC 7208 §4.6.4). */
export const MOST_QUESTIONS = 10

export const isSpf = (text: string) => /^v=spf1(\s|$)/i.test(text)

/**
 * How many DNS questions a record costs its reader, those of the records that it includes too; stops counting above the
 * limit (AU-5).
 *
 * @throws DnsSilent
 */
export async function countQuestions(dns: Dns, record: string): Promise<number> {
  let questions = 0
  const open = [record]
  for (let text = open.pop(); text !== undefined && questions <= MOST_QUESTIONS; text = open.pop()) {
    const terms = text.trim().split(/\s+/).slice(1)
    const hasAll = terms.some((term) => /^[-+~?]?all$/i.test(term))
    for (const term of terms) {
      const [, name = '', domain = ''] =
        /^[-+~?]?(include|a|mx|ptr|exists|redirect)(?:[:=/]([^\s/]*).*)?$/i.exec(term) ?? []
      const isRedirect = name.toLowerCase() === 'redirect'
      if (name === '' || (isRedirect && hasAll)) continue
      questions += 1
      if (questions > MOST_QUESTIONS || !(isRedirect || name.toLowerCase() === 'include') || domain.includes('%'))
        continue
      open.push(...(await dns.txt(domain.toLowerCase())).filter(isSpf).slice(0, 1))
    }
  }
  return questions
}
