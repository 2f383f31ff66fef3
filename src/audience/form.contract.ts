import { z } from 'zod'
import { line } from '../accounts/account.contract.ts'
import { idText, pageOf, pageQuery, time } from '../platform/page.contract.ts'

/** Lines of text; of the control characters only tab and line feed. */
const lines = (most: number) =>
  z
    .string()
    .max(most)
    .regex(
      // oxlint-disable-next-line no-control-regex -- they are what is refused
      /^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ud800-\udfff]*$/u,
      'Control characters are not possible here.',
    )
    .trim()

export const formLanguage = z.enum(['en', 'de', 'ar'])

/** A field that the form asks for, by its name; required here, whatever it is elsewhere. */
const formField = z.strictObject({ name: z.string().max(63), required: z.boolean() })

const parts = {
  name: line(200).trim().min(1, 'Enter a name for the form.'),
  /** Of the texts; the page around them speaks it too, unless its reader chooses another. */
  language: formLanguage,
  heading: line(200).trim().min(1, 'Enter a heading.'),
  intro: lines(1000),
  /** Stands beside the box that must be ticked. */
  consent: lines(1000).min(1, 'Enter what people agree to.'),
  thanks: lines(1000),
  /** Where the thank-you page leads to; empty for nowhere. */
  returnUrl: z.union([
    z.literal(''),
    z.url({ protocol: /^https$/, error: 'Enter an address that begins with https://.' }),
  ]),
  fields: z.array(formField).max(20, 'A form asks for at most 20 fields.'),
  /** Offered; of one alone it is not asked whether it is wanted. */
  topicIds: z.array(idText).max(100),
  /** Joined by who confirms. */
  groupIds: z.array(idText).max(50),
}

export const newForm = z.strictObject({
  name: parts.name,
  language: parts.language.default('en'),
  heading: parts.heading,
  intro: parts.intro.default(''),
  consent: parts.consent,
  thanks: parts.thanks.default(''),
  returnUrl: parts.returnUrl.default(''),
  fields: parts.fields.default([]),
  topicIds: parts.topicIds.default([]),
  groupIds: parts.groupIds.default([]),
})
export type NewForm = z.infer<typeof newForm>

/** What is not given stays. Another language, heading, text or consent makes a new version of the wording. */
export const formChange = z.strictObject(parts).partial()
export type FormChange = z.infer<typeof formChange>

export const form = z
  .object({
    id: idText,
    name: z.string(),
    /** The page to link to. */
    url: z.string(),
    /** Shown at the account's own sign-up address, where the footers of mailings lead. */
    isDefault: z.boolean(),
    language: formLanguage,
    heading: z.string(),
    intro: z.string(),
    consent: z.string(),
    /** Of the wording, from 1. */
    version: z.int(),
    thanks: z.string(),
    returnUrl: z.string(),
    fields: z.array(z.object({ name: z.string(), required: z.boolean() })),
    topicIds: z.array(idText),
    groupIds: z.array(idText),
    /** Sign-ups that wait for their confirmation, and all that were confirmed. */
    counts: z.object({ waiting: z.int(), confirmed: z.int() }),
    createdAt: time,
    updatedAt: time,
    archivedAt: time.nullable(),
  })
  .meta({ id: 'SignUpForm' })
export type Form = z.infer<typeof form>
export const forms = pageOf(form)
export const formsQuery = z.strictObject({ ...pageQuery, archived: z.stringbool().default(false) })

/** A page or a piece of one: the page of a form that is not saved, or plain HTML for a page of the operator's own. */
export const formHtml = z.object({ html: z.string() }).meta({ id: 'FormHtml' })
