/** The enhanced status code in a text (RFC 3463), classes 2, 4 and 5 alone; empty when there is none (BN-6). */
export function statusIn(text: string): string {
  for (const [, found = ''] of text.slice(0, 4000).matchAll(/(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)/g)) return found
  return ''
}

/** The code of the SMTP reply in a text: the first that refuses, else empty. */
export function replyIn(text: string): string {
  const piece = text.slice(0, 4000)
  return (
    /(?:^|said: |reply:? |responded:? |response:? |error:? |returned:? |was: ?|<<< |[#[(:]\s{0,3})([45]\d\d)(?=[ \-:;.,#]|$)/im.exec(piece)?.[1] ??
    /(?<![\d.:,-])([45][0-5]\d)(?:[ -]+#?[245]\.\d{1,3}\.\d{1,3}|[ -]+[A-Za-z<"'])/.exec(piece)?.[1] ??
    ''
  )
}

const COMMANDS = /\b(RCPT TO|RCPT|MAIL FROM|MAIL|DATA|EHLO|HELO|STARTTLS|CONN|QUIT|AUTH)\b/
/** The command that a server refused, in the words that mail systems have for it; empty when a text does not say. */
export function commandIn(text: string): string {
  const piece = text.slice(0, 8000)
  if (/(?:end of|in reply to|after|response to|final|following|to)\s+(?:the )?(?:end of (?:message )?)?data\b|\bfinal DATA\b|>>>\s*DATA\b|end of DATA/i.test(piece) && !/\bRCPT\b/.test(piece)) return 'DATA'
  const shown = piece.match(/(?:>>>\s*|in reply to(?: end of)?\s+|after\s+(?:sending\s+)?|following\s+|SMTP command\s*|our (?:final )?|response to (?:the )?|while )(RCPT TO|MAIL FROM|DATA|RCPT|MAIL|EHLO|HELO|STARTTLS)/i)
  const named = shown?.[1] ?? COMMANDS.exec(piece)?.[1] ?? ''
  return named.toUpperCase().replace(/^RCPT$/, 'RCPT TO').replace(/^MAIL$/, 'MAIL FROM')
}
