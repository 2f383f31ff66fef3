import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { FieldValues } from '../audience/field.contract.ts'
import { limitAttempts } from '../optouts/attempts.ts'
import { html } from '../optouts/html.ts'
import { type LinkMeaning, readLink, signLink } from '../optouts/link.ts'
import { chooseLanguage } from '../optouts/words.ts'
import type { Core } from '../platform/core.ts'
import { maybeRow, sql } from '../platform/database.ts'
import { fillMessage, readPrepared } from './fill.ts'
import { openMessage } from './open.ts'
import { compiledFor } from './split.ts'
import { viewWords } from './view-words.ts'

const params = z.object({ '*': z.string() })
const TEN_MINUTES_SECONDS = 600

/** A mail may show pictures and styles, and nothing in it may run or reach this host's pages as its own. */
const MAIL_POLICY =
  "default-src 'none'; img-src https: http: data:; style-src 'unsafe-inline' https:; font-src https: data:; form-action 'none'; frame-ancestors 'none'; base-uri 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"
const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"

/**
 * "View in browser": the mail of a link's holder, filled again. GET changes nothing (OC-12).
 *
 * When mailing or contact is gone the page says so, with a way out that works all the same (INV-12).
 */
export function viewPages(app: FastifyInstance, core: Core) {
  const mayFail = limitAttempts(60, TEN_MINUTES_SECONDS, core.clock)
  app.get('/v/*', async (request, reply) => {
    reply.headers({
      'content-security-policy': PAGE_POLICY,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-robots-tag': 'noindex',
    })
    const token = params.parse(request.params)['*'].replace(/[^A-Za-z0-9_-]+$/, '')
    const link = readLink(core.keys.link, token)
    if (!link)
      return mayFail(request.ip) ? notThere(core, request, reply, null) : notThere(core, request, reply, null, 429)
    const mail = await mailOf(core, link)
    if (mail === null) return notThere(core, request, reply, `${core.config.baseUrl}/o/${token}`)
    return reply.header('content-security-policy', MAIL_POLICY).type('text/html; charset=utf-8').send(mail)
  })
}

/** The HTML of a mailing for the contact that a link belongs to; null when either is gone or it cannot be filled in. */
async function mailOf({ db, keys, clock, log }: Core, link: LinkMeaning): Promise<string | null> {
  const found = await maybeRow(
    db,
    sql<{ compiled: unknown; address: string; fields: FieldValues }>`
    select ${compiledFor(sql`(select message.variant from messages message
               where message.account_id = mailing.account_id and message.mailing_id = mailing.mailing_id
                 and message.contact_id = contact.contact_id)`)} as compiled, contact.address, contact.fields
    from mailings mailing
    join contacts contact on contact.account_id = mailing.account_id and contact.address_key = ${link.addressKey}
    where mailing.account_id = ${link.accountId} and mailing.mailing_id = ${link.mailingId} and mailing.compiled is not null
    order by exists (select from messages message
                     where message.account_id = ${link.accountId} and message.mailing_id = mailing.mailing_id
                       and message.contact_id = contact.contact_id) desc, contact.contact_id
    limit 1`,
  )
  if (!found) return null
  const { compiled, address, fields } = found
  const recipient = { address, fields, link: signLink(keys.link, link), reference: 'view' }
  try {
    return (await openMessage(fillMessage(readPrepared(compiled), recipient, clock()))).html
  } catch (error) {
    log.warn(
      { err: error, account: link.accountId, mailing: link.mailingId },
      'a mail could not be shown in the browser',
    )
    return null
  }
}

/** A page for a link that leads nowhere, with a way out all the same. */
export function notThere(
  core: Core,
  request: FastifyRequest,
  reply: FastifyReply,
  wayOut: string | null,
  status = 404,
) {
  const words = viewWords(chooseLanguage(undefined, request.headers['accept-language'], undefined))
  const page = html`<!doctype html>
<html lang="${words.language}" dir="${words.direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${words.heading}</title>
<style>:root{color-scheme:light dark}body{font:17px/1.6 system-ui,sans-serif;max-width:34em;margin:12vh auto;padding:0 20px}a{display:inline-block;min-height:24px;color:inherit}</style>
</head>
<body>
<main>
<h1>${words.heading}</h1>
<p>${wayOut ? words.gone : words.incomplete}</p>
<p><a href="${wayOut ?? `${core.config.baseUrl}/o`}">${words.optOut}</a></p>
</main>
</body>
</html>
`
  if (status === 429) reply.header('retry-after', TEN_MINUTES_SECONDS)
  return reply.code(status).type('text/html; charset=utf-8').send(page.markup)
}
