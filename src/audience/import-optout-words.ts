/**
 * What a cell of an opt-out column says: true for opted out, false for not, null when it cannot be told.
 *
 * The words of other programs' exports count: unsubscribed, cleaned, bounced, complained, TRUE, a date of the opt-out.
 * What cannot be told is never taken as Active. Rule IM-6.
 */
export function readOptOut(cell: string): boolean | null {
  const word = wordOf(cell)
  if (word === '' || NO.has(word)) return false
  if (YES.has(word) || DATE.test(word)) return true
  return null
}

/** Whether a column of this name says who opted out. */
export const isOptOutHeader = (name: string) => OPT_OUT_HEADERS.has(wordOf(name).replace(/[^a-z0-9]/g, ''))

/** Whether a column of this name may hold a status; its values decide. */
export const isStatusHeader = (name: string) => STATUS_HEADERS.has(wordOf(name).replace(/[^a-z0-9]/g, ''))

/** A status that can be told apart; “yes” and “1” in a status column could mean either. */
export const isStatusWord = (cell: string) =>
  /[a-z]{3}/.test(wordOf(cell)) && readOptOut(cell) !== null && !BARE.has(wordOf(cell))

/** When somebody opted out: 2024-06-01 08:30 (dashes are spaces by now), 01.06.2024, 6/1/2024. */
const DATE = /^(\d{4} \d{2} \d{2}|\d{1,2}[./]\d{1,2}[./]\d{2,4})([t ].*)?$/

const wordOf = (text: string) =>
  text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ')
    .trim()

const set = (words: string) => new Set(words.split(','))

const BARE = set('true,false,yes,ja,nein,oui,non')
const YES = set(
  'yes,y,true,t,1,x,ja,j,wahr,oui,si,✓,✔,opt out,optout,opted out,optedout,unsubscribed,unsubscribe,unsub,cleaned,bounced,hard bounced,hard bounce,bounce,complained,complaint,spam,spam complaint,spamreport,abuse,blacklisted,blocklisted,blocked,suppressed,removed,do not email,do not mail,abgemeldet,ausgetragen,gesperrt,widerrufen,desabonne,desinscrit',
)
const NO = set(
  'no,n,false,f,0,nein,falsch,non,active,aktiv,subscribed,subscriber,opt in,opted in,optin,confirmed,angemeldet,abonniert,abonne,inscrit,enabled,ok',
)
const OPT_OUT_HEADERS = set(
  'optout,optedout,optouts,optoutdate,optouttime,optedoutat,emailoptout,emailoptedout,hasoptedoutofemail,unsubscribed,unsubscribe,unsubscribedat,unsubscribedate,unsubscribetime,unsubtime,unsubdate,isunsubscribed,blacklisted,blacklist,emailblacklisted,emailblacklist,blocklisted,blocklist,emailblocklisted,suppressed,donotemail,donotmail,abgemeldet,abgemeldetam,abmeldung,abmeldedatum,desabonne,desinscrit',
)
const STATUS_HEADERS = set(
  'status,state,memberstatus,contactstatus,emailstatus,mailstatus,subscriptionstatus,subscriptionstate,subscriberstatus,subscription,marketingstatus,newsletter,newsletterstatus',
)
