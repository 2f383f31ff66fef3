import { z } from 'zod'
import { letters, lettersQuery, openLetter as openLetterAnswer } from '../delivery/mailbox.contract.ts'
import { listLetters, openLetter } from '../delivery/mailbox.ts'
import type { Core } from '../platform/core.ts'
import { idText } from '../platform/page.contract.ts'
import type { Api } from './api.ts'

const letterParams = z.object({ id: idText })

/** The built-in mailbox: where messages go as long as no mail server is set. */
export function mailboxRoutes(app: Api, core: Core) {
  app.get('/mailbox', { schema: { querystring: lettersQuery, response: { 200: letters } } }, ({ caller, query }) =>
    listLetters(core, caller.accountId, query),
  )

  app.get('/mailbox/:id', { schema: { params: letterParams, response: { 200: openLetterAnswer } } }, (request) =>
    openLetter(core, request.caller.accountId, request.params.id),
  )
}
