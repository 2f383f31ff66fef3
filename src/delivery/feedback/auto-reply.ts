import { type Header, headerOf, type Mail } from './mime.ts'

const SUBJECTS =
  /^\s*(?:re:\s*|aw:\s*)?\[?(?:auto(?:matic(?:ally)?|mated)?[- ]?(?:reply|response|responder|generated reply)|autoreply|autoresponse|out of (?:the )?office|away from (?:the |my )?(?:office|desk)|on (?:vacation|holiday|leave)|vacation|abwesenheit|automatische (?:antwort|abwesenheit)|abwesend|réponse automatique|réponse d'absence|absence du bureau|absent|respuesta automática|fuera de la oficina|risposta automatica|fuori sede|resposta automática|fora do escritório|automatisch antwoord|afwezig|autosvar|automatiskt svar|frånvaro|automaattinen vastaus|odpowiedź automatyczna|automatická odpověď|автоматический ответ|автоответ|自動応答|不在|自动回复|自動回覆|자동 회신|رد تلقائي|תשובה אוטומטית|otomatik yanıt|auto:)/i

const RECEIPT =
  /^\s*(?:read|gelesen|lu|leído|letto|lida|gelezen|lest|прочитано|開封済み|return receipt|lesebestätigung|accusé de lecture)\s*[:(]/i
const CHALLENGE =
  /(?:confirm|verify) (?:that )?(?:you|your) (?:are|message|e-?mail|identity|address)|challenge[- ]response|click (?:here|the link|below).{0,80}(?:deliver|release|approve) your (?:message|mail|e-?mail)|waiting for (?:your )?confirmation|spam ?arrest|boxbe/i

/** Reports about what nobody did: receipts, DMARC and TLS reports, calendar replies, questions whether we are a person (BN-12). */
export function isReport(mail: Mail): boolean {
  const { headers, type, parameters, parts } = mail
  const reportType = (parameters.get('report-type') ?? '').toLowerCase()
  const subject = headerOf(headers, 'subject')
  return (
    ['disposition-notification', 'tlsrpt'].includes(reportType) ||
    parts.some((part) =>
      [
        'message/disposition-notification',
        'application/tlsrpt+gzip',
        'application/tlsrpt+json',
        'text/calendar',
      ].includes(part.type),
    ) ||
    headers.some(({ name }) => name === 'tls-report-domain') ||
    type === 'text/calendar' ||
    /^\s*report domain:/i.test(subject) ||
    (RECEIPT.test(subject) && !/undeliver|fail/i.test(subject)) ||
    isChallenge(mail)
  )
}

function isChallenge({ headers, parts }: Mail): boolean {
  if (headers.some(({ name }) => ['x-challenge', 'x-spamarrest-noteid', 'x-tmda-confirm', 'x-boxbe'].includes(name)))
    return true
  const text = parts.find(({ type }) => type === 'text/plain')?.text.slice(0, 4000) ?? ''
  return (
    CHALLENGE.test(headerOf(headers, 'subject')) ||
    (/\b(?:confirm|verif)/i.test(text) &&
      /(?:challenge[- ]response|spam ?arrest|boxbe|tmda|one[- ]time (?:confirmation|verification)|prove (?:that )?you(?:'re| are) (?:a )?(?:human|not a (?:bot|robot)))/i.test(
        text,
      ))
  )
}

/** An answer that a program wrote for a person: vacation, out of office, receipt of a request (BN-11, RFC 3834 §3.1). */
export function isAutoReply({ headers }: Mail): boolean {
  return hasAutoHeader(headers) || SUBJECTS.test(headerOf(headers, 'subject'))
}

function hasAutoHeader(headers: Header[]): boolean {
  const submitted = headerOf(headers, 'auto-submitted').toLowerCase()
  const precedence = headerOf(headers, 'precedence').toLowerCase()
  const names = [
    'x-autoreply',
    'x-autorespond',
    'x-autoresponse',
    'x-auto-response-suppress',
    'x-auto-reply-from',
    'x-mail-autoreply',
    'x-vacation',
  ]
  return (
    submitted.startsWith('auto-replied') ||
    (submitted !== '' && submitted !== 'no') ||
    /auto[_-]?reply/.test(precedence) ||
    headers.some(({ name, value }) => names.includes(name) && value.toLowerCase() !== 'no') ||
    /vacation/i.test(headerOf(headers, 'x-apple-action'))
  )
}
