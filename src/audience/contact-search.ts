import { sql } from '../platform/database.ts'

/**
 * Finds a term in the address and in every value, whatever its case: anywhere in them, but one or two letters only where
 * a word begins, since they are everywhere else.
 *
 * Values stand as JSON text in what is searched, so a term is written the same way and never reaches over the end of a
 * value. contact_search() has an index, of runs of three, but shows other letters as digits and no backslash;
 * contact_text() is exact.
 */
export function contains(search: string) {
  const term = JSON.stringify(search.trim().toWellFormed().toLowerCase()).slice(1, -1)
  const words = asciiWords(term)
  if (/^[a-z0-9]{1,2}$/.test(term)) return beginsWord(term)
  const exact = sql`and strpos(contact_text(contact.address, contact.fields), ${term}) > 0`
  if (!/[a-z0-9]{3}/.test(words)) return exact
  const indexed = sql`and contact_search(contact.address, contact.fields) like ${likePattern(words)}`
  return words === term && !/\d/.test(term) ? indexed : sql`${indexed} ${exact}`
}

/** What stands before a word; each as a pattern of its own, which the index answers with the beginning of a word as a run. */
const BEFORE = ['', '% ', '%"', '%.', '%@', '%-', '%\\_', '%+']

function beginsWord(letters: string) {
  const patterns = BEFORE.map((before) => `${before}${letters}%`)
  return sql`and contact_search(contact.address, contact.fields) like any (${patterns}::text[])
    and contact_text(contact.address, contact.fields) like any (${patterns}::text[])`
}

const likePattern = (text: string) => `%${text.replace(/[\\%_]/g, '\\$&')}%`

const asciiWords = (text: string) =>
  [...Buffer.from(text)]
    .map((byte) => (byte < 128 ? String.fromCharCode(byte) : byte.toString(8)))
    .join('')
    .replaceAll('\\', '')
