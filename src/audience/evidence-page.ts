import { type Html, html } from '../optouts/html.ts'
import type { Consent } from './consent.contract.ts'
import type { ContactRecord } from './evidence.contract.ts'

/** The evidence of one opt-out as a page to print or to keep as PDF: no scripts, nothing from elsewhere (LW-9). */
export function evidencePage({ account, contact, optOut, consents, source, madeAt }: ContactRecord): string {
  const { after } = optOut
  const first = after.firstMailing
  const firstText = first
    ? `“${first.name ?? 'Deleted mailing'}” on ${moment(first.at)} ${first.leftOut ? 'left this address out' : 'went to this address'}`
    : 'No mailing has started since'
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Opt-out evidence</title>
<style>${STYLE}</style></head><body>
<h1>Opt-out evidence</h1>
<p>${contact.address}, for the account ${account}. Made ${moment(madeAt)}. All times are UTC.</p>
<h2>State</h2>
${facts([
  ['Opted out', optOut.since === null ? 'No' : `Since ${moment(optOut.since)}`],
  ['Messages handed over after that', String(after.handedOver)],
  ['Messages withheld', String(after.withheld)],
  ['First later mailing', firstText],
  ['Contact since', moment(source.at)],
  ['Source', source.import ? `Import of ${source.import.fileName}, line ${source.import.line ?? ''}` : source.kind],
])}
<h2>Requests</h2>
${optOut.entries.map(
  (entry) =>
    html`<section>${facts([
      ['Received and in effect', moment(entry.at)],
      ['Channel', entry.channel],
      ['Mailing', entry.mailing ? `${entry.mailing.name ?? 'Deleted mailing'} (${entry.mailing.id})` : 'None'],
      ['Sent to', entry.formerAddress ? 'A former address of this person' : 'This address'],
      ['Recorded by', entry.operator ?? 'The recipient or a program'],
      ['Kept with it', JSON.stringify(entry.evidence, null, 1)],
    ])}</section>`,
)}
<h2>Consent</h2>
${consents.length === 0 ? html`<p>None was given on a form.</p>` : consents.map(consentSection)}
</body></html>`
  return page.markup
}

const consentSection = (consent: Consent): Html =>
  html`<section>${facts([
    ['Confirmed', `${moment(consent.confirmedAt)} from ${consent.confirmedIp}, ${consent.confirmedUserAgent}`],
    ['Asked for', `${moment(consent.askedAt)} from ${consent.askedIp}, ${consent.askedUserAgent}`],
    ['Form', consent.form.name ?? 'The built-in form'],
    ['Wording', consent.wording],
    ['Version', consent.version === null ? 'Built in' : String(consent.version)],
    ['Topics', consent.topics.join(', ') || 'None'],
    ['Confirmation mail', consent.messageId],
    ['Ended an opt-out', consent.endedOptOut ? 'Yes' : 'No'],
  ])}</section>`

const moment = (at: string) => `${at.slice(0, 10)} ${at.slice(11, 19)}`

const facts = (entries: [string, string][]): Html =>
  html`<dl>${entries.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`

const STYLE: Html = {
  markup: `body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}section{break-inside:avoid;border-top:1px solid #999;padding-top:.5rem;margin-top:.5rem}
dl{display:grid;grid-template-columns:14rem 1fr;gap:.25rem 1rem}dt{color:#444}dd{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
@media(max-width:40rem){dl{display:block}dd{margin-bottom:.5rem}}@media print{body{margin:0;max-width:none}}`,
}
