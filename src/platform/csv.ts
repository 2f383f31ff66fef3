/** What spreadsheets take for a formula when a cell begins with it (IM-10), behind any number of apostrophes of its own. */
// oxlint-disable-next-line no-control-regex -- NUL is one of them
const FORMULA = /^'*[=+\-@\t\r\0＝＋－＠]/

export const looksLikeFormula = (text: string) => FORMULA.test(text)

/** A cell of CSV (RFC 4180); one that a spreadsheet would run begins with an apostrophe (IM-10, CWE-1236). */
export function csvCell(text: string): string {
  if (FORMULA.test(text)) return `"'${text.replaceAll('"', '""')}"`
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text
}

// oxlint-disable-next-line no-control-regex -- as above
const GUARDED = /^'(?='*[=+\-@\t\r\0＝＋－＠])/

/** Takes away the apostrophe that our own export put before what looks like a formula (IM-10). */
export const unguarded = (text: string) => (text.charCodeAt(0) === 39 ? text.replace(GUARDED, '') : text)
