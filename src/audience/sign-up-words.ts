import { LANGUAGES, type Language } from '../optouts/words.ts'
import { arabicSignUp } from './sign-up-words.ar.ts'
import { germanSignUp } from './sign-up-words.de.ts'

// Every word of the sign-up pages and of the confirmation mail. {sender}, {address}, {topics}, {time}, {ip}, {page} and
// {site} are filled in.
export const englishSignUp = {
  title: 'Sign up for mail from {sender}',
  heading: 'Get mail from {sender}',
  consent: 'Yes, {sender} may send me mail. I can opt out at any time with a link in every mail.',
  ifYouLike: '(if you like)',
  topics: 'What you get',
  choose: 'Choose',
  yes: 'Yes',
  no: 'No',
  trap: 'Leave this empty',
  signUp: 'Sign up',
  below: 'You get one mail with a button to confirm. Until you press it, nothing else is sent.',
  needsChange: 'Something below needs a change.',
  onceMore: 'Look at what you entered, then press Sign up.',
  fieldMissing: 'Enter something here.',
  choiceMissing: 'Choose something here.',
  fieldWrong: 'This does not fit here.',
  numberWrong: 'Enter a number, such as 1500 or 2.5.',
  dateWrong: 'Enter a date, such as 2024-06-15.',
  topicMissing: 'Choose at least one.',
  consentMissing: 'Tick the box, or nothing can be sent to you.',
  roleAddress: 'This address belongs to a function, not to a person. Enter your own.',
  askedHeading: 'Look in your mailbox',
  askedText: 'If the address is right, a mail with a button to confirm is on its way. It works for 7 days.',
  askedBelow: 'One address gets at most one such mail in 24 hours.',
  confirmTitle: 'Confirm your sign-up at {sender}',
  confirmHeading: 'Confirm your sign-up',
  confirmText:
    'Press the button, and {sender} sends mail to {address}. You can opt out at any time with a link in every mail.',
  confirmTopics:
    'Press the button, and {sender} sends {topics} to {address}. You can opt out at any time with a link in every mail.',
  endsOptOut: 'You opted out on {time}. Confirming ends that opt-out.',
  confirm: 'Confirm',
  notYou: 'You did not sign up? Close this page; nothing is sent.',
  doneTitle: 'You are signed up for mail from {sender}',
  doneHeading: 'You are signed up',
  doneText: '{sender} sends mail to {address}.',
  doneTopics: '{sender} sends {topics} to {address}.',
  back: 'Back to {site}',
  endedHeading: 'This link has run out',
  endedText: 'It worked for 7 days. {signUp} to get a new one.',
  usedText: 'It was used on {time}, and it works once. {signUp} to get a new one.',
  signUpAgain: 'Sign up again',
  domainHeading: 'This address cannot be signed up',
  domainText: 'Whoever runs its domain asked {sender} to send no mail there. Nothing has changed.',
  failedHeading: 'Your sign-up is not recorded yet',
  failedText: 'Something on our side failed. Go back and press the button again.',
  mailSubject: 'Confirm your sign-up at {sender}',
  mailAsked: 'Somebody, probably you, entered this address at {page} on {time} from {ip}.',
  mailPress: 'To get mail from {sender}, open this page and press Confirm:',
  mailPressTopics: 'To get {topics}, open this page and press Confirm:',
  mailWorks: 'It works for 7 days.',
  mailNotYou: 'If it was not you, do nothing; no mail will follow.',
}

export type SignUpWords = typeof englishSignUp

const BY_LANGUAGE: Record<Language, SignUpWords> = { en: englishSignUp, de: germanSignUp, ar: arabicSignUp }

export const signUpWords = (language: Language): SignUpWords => BY_LANGUAGE[language]

/** Topics as people list them, such as “News, Talks and Courses”. */
export function listedTopics(language: Language, topics: string[]): string {
  const locale = LANGUAGES.find(({ code }) => code === language)?.locale
  return new Intl.ListFormat(locale, { type: 'conjunction' }).format(topics)
}
