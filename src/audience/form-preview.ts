import type { Frame } from '../optouts/page.ts'
import { findSender } from '../optouts/sender.ts'
import type { Core } from '../platform/core.ts'
import type { NewForm } from './form.contract.ts'
import { findForm } from './form.ts'
import { embedCode } from './form-embed.ts'
import { findShownForm, previewForm, readFormPath } from './form-shown.ts'
import { EMPTY } from './sign-up-form.ts'
import { signUpPage } from './sign-up-page.ts'

type Parts = Pick<Core, 'db' | 'config'>

/** The page of a form that is not saved, as its visitors would see it. Nothing is written. */
export async function formPage(
  { db, config }: Parts,
  accountId: string,
  asked: NewForm,
  styleUrl: string,
): Promise<string> {
  const form = await previewForm(db, accountId, asked)
  const frame = await frameOf({ db, config }, accountId, asked.language, styleUrl)
  return signUpPage(frame, form, { ...EMPTY, stamp: '' })
}

/**
 * A form as HTML to copy into another site.
 *
 * @throws DomainError form.not_found
 */
export async function formCode(parts: Parts, accountId: string, formId: string): Promise<string> {
  const { url, language } = await findForm(parts, accountId, formId)
  const read = readFormPath(url.slice(url.lastIndexOf('/') + 1))
  const shown = read && (await findShownForm(parts.db, accountId, read.code))
  return shown ? embedCode(await frameOf(parts, accountId, language, ''), shown, parts.config.baseUrl) : ''
}

async function frameOf(
  { db, config }: Parts,
  accountId: string,
  language: Frame['language'],
  styleUrl: string,
): Promise<Frame> {
  return {
    language,
    sender: await findSender(db, accountId),
    prefix: new URL(config.baseUrl).pathname.replace(/\/$/, ''),
    styleUrl,
    isAnswer: false,
    hasLanguageLinks: true,
  }
}
