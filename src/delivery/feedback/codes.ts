/** The enhanced status code in a text (RFC 3463), classes 2, 4 and 5 alone; empty when there is none (BN-6). */
export function statusIn(text: string): string {
  for (const [, found = ''] of text.slice(0, 4000).matchAll(/(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)/g))
    return found
  return ''
}

/** The code of the SMTP reply in a text: the first that refuses, else empty. */
export function replyIn(text: string): string {
  const piece = text.slice(0, 4000)
  return (
    /(?:^|said: |reply:? |responded:? |response:? |error:? |returned:? |was: ?|<<< |[#[(:]\s{0,3})([45]\d\d)(?=[ \-:;.,#]|$)/im.exec(
      piece,
    )?.[1] ??
    /(?<![\d.:,-])([45][0-5]\d)(?:[ -]+#?[245]\.\d{1,3}\.\d{1,3}|[ -]+[A-Za-z<"'])/.exec(piece)?.[1] ??
    ''
  )
}

const STAGES =
  /(?:>>>\s*|in reply to (?:the )?(?:end of )?|after (?:sending )?|following |smtp command[\s-]*|\bour (?:final )?|response to (?:the )?|reply to )(rcpt|mail from|data|helo|ehlo|starttls)\b/gi

/** The command that a server refused, in the words that mail systems have for it; empty when a text does not say. */
export function commandIn(text: string): string {
  const piece = text.slice(0, 8000)
  if (/my name was rejected/.test(piece)) return 'HELO'
  const stages = [...piece.matchAll(STAGES)].map(([, stage = '']) => stage.toUpperCase())
  if (stages.includes('RCPT') || piece.includes('[RCPT_TO]') || /\brcpt to:\s*</i.test(piece)) return 'RCPT TO'
  if (stages.includes('MAIL FROM')) return 'MAIL FROM'
  return stages.includes('DATA') || /\b(?:after|in reply to) end of (?:data|message)|end of data\b/i.test(piece)
    ? 'DATA'
    : (stages[0] ?? '')
}

/** What a remote server said, without the sentences of the mail system around it; empty when nothing is quoted. */
export function quotedIn(notice: string): string {
  const lines = notice.split('\n', 2000)
  const begins = lines.findIndex((line) => QUOTE.test(line))
  if (begins < 0) return ''
  const end = lines.findIndex((line, place) => place > begins && line.trim() === '')
  return lines
    .slice(begins, end < 0 ? begins + 20 : end)
    .join('\n')
    .replace(/^.*?(?=(?:said|responded|response|returned|error|<<<|[45]\d\d))/is, '')
}

const QUOTE =
  /^\s*(?:<<<\s*)?#?[45][0-57]\d[ -]+\S|(?:said|responded|responded with|replied|response|error (?:was|that the other server returned was)|failed with|returned|respuesta|ответ)\s*:?\s*"?[45]\d\d|^\s*(?:remote host said|diagnostic[ -]code|the error that the other server returned was)|<<<\s*[45]\d\d|\]:\s*[45]\d\d\b/i
