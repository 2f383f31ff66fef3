import { arabic } from './words.ar.ts'
import { german } from './words.de.ts'

// Every word of the public pages. {sender}, {address}, {contact}, {time}, {date}, {clock} are filled in by the page.
export const english = {
  language: 'Language',
  questions: 'Questions: {contact}',
  timeInFull: '{date}, {clock}',
  anySender: 'the sender of that mail',
  thisAddress: 'this address',
  optOutTitle: 'Opt out of mail from {sender}',
  optOutHeading: 'Opt out of all mail from {sender}?',
  optOutText:
    'This link belongs to {address}. Press the button, and no more mail is sent to this address, starting now.',
  optOutTextUnknown:
    'This link belongs to the address that got the mail. Press the button, and no more mail is sent to this address, starting now.',
  optOut: 'Opt out',
  optOutNotYours: 'Not your address? Then this mail was forwarded to you. Close this page; nothing has changed.',
  doneTitle: 'You are opted out of mail from {sender}',
  doneSince: 'In effect since {time}',
  doneHeading: 'You are opted out',
  doneText: '{sender} sends no more mail to {address}. There is nothing else to do.',
  doneTextUnknownSender: 'No more mail is sent to {address}. There is nothing else to do.',
  wholeOrganization: 'An opt-out here holds for all mail from {organization}, whichever name it is sent under.',
  mistake: 'Was this a mistake?',
  wayBack: 'Only you can come back. {signUp} and press the button in the mail that you get, or see {preferences}.',
  signUpAgain: 'Sign up again',
  yourPreferences: 'your preferences',
  notRecordedHeading: 'Your opt-out is not recorded yet',
  notRecordedText: 'Something on our side failed. Press the button again, or write to {contact}.',
  notRecordedTextNoContact: 'Something on our side failed. Press the button again.',
  brokenHeading: 'This link is not complete',
  brokenText:
    'It may have been cut off on its way, so nothing has changed yet. Enter the address that got the mail, and no more mail is sent to it.',
  emailAddress: 'Email address',
  addressProblem: 'Something is missing. An address looks like name@post.example.',
  tooManyHeading: 'Too many attempts',
  tooManyText:
    'Too many attempts came from your connection, so nothing has changed yet. Try again in 10 minutes, or use the link in another mail.',
  tooLargeHeading: 'This is too much data',
  tooLargeText: 'Nothing has changed. Open the link in the mail again and press the button there.',
  notAllowedHeading: 'This is not possible here',
  preferencesTitle: 'Your mail from {sender}',
  preferencesFor: 'For {address}',
  optOutOfEverything: 'Opt out of everything',
  optOutOfEverythingText: 'No more mail to this address, starting now.',
  noFormHeading: 'There is no form at this address',
  noFormText: 'Nothing has changed. Use the link in the mail that you got.',
}

export type Words = typeof english
export type Language = 'en' | 'de' | 'ar'

/** The languages of the public pages, each by its own name and with its direction. */
export const LANGUAGES: {
  code: Language
  name: string
  direction: 'ltr' | 'rtl'
  locale: string
  words: Partial<Words>
}[] = [
  { code: 'en', name: 'English', direction: 'ltr', locale: 'en-GB', words: english },
  { code: 'de', name: 'Deutsch', direction: 'ltr', locale: 'de', words: german },
  { code: 'ar', name: 'العربية', direction: 'rtl', locale: 'ar', words: arabic },
]

/** A language's words; what it lacks is said in English, never left empty (UX-11). */
export function wordsOf(code: Language): Words {
  return { ...english, ...LANGUAGES.find((language) => language.code === code)?.words }
}

/**
 * The language to answer in: what the reader chose, else what the browser prefers, else the account's.
 *
 * @param acceptLanguage the request header, RFC 9110 §12.5.4
 */
export function chooseLanguage(
  chosen: string | undefined,
  acceptLanguage: string | undefined,
  ofAccount: string | undefined,
): Language {
  return known(chosen) ?? preferred(acceptLanguage) ?? known(ofAccount) ?? 'en'
}

function known(tag: string | undefined): Language | undefined {
  const primary = tag?.toLowerCase().split('-', 1)[0]
  return LANGUAGES.find(({ code }) => code === primary)?.code
}

function preferred(acceptLanguage: string | undefined): Language | undefined {
  const asked = (acceptLanguage ?? '').slice(0, 500).split(',')
  return asked
    .map((part) => {
      const [tag = '', ...parameters] = part.split(';').map((text) => text.trim())
      const weight = parameters.find((parameter) => /^q=/i.test(parameter))?.slice(2)
      return { code: known(tag), weight: weight === undefined ? 1 : Number(weight) || 0 }
    })
    .filter(({ code, weight }) => code !== undefined && weight > 0)
    .sort((one, other) => other.weight - one.weight)[0]?.code
}
