import type { Language } from '../optouts/words.ts'
import { arabicPreferences } from './preferences-words.ar.ts'
import { germanPreferences } from './preferences-words.de.ts'

// The words of the preferences page beyond those of every public page. {date}, {days}, {n}, {label} are filled in.
export const englishPreferences = {
  saved: 'Saved. In effect now.',
  orChoose: 'Or choose what you get',
  topics: 'Topics',
  howOften: 'How often',
  asSent: 'As it is sent',
  pauseFor: 'Pause for {days} days',
  pausedUntil: 'Paused until {date}',
  pauseNote: 'No mail is sent to you before {date}. To end the pause now, choose “As it is sent”.',
  language: 'Language of these pages',
  automatic: 'As my browser says',
  untracked: 'Do not record which mail I open and which links I follow',
  saveChoice: 'Save my choice',
  details: 'Your details',
  detailsText:
    'What is known of you is not shown here, because this link may have been forwarded. Leave empty to keep what we have.',
  keep: 'Keep what we have',
  yes: 'Yes',
  no: 'No',
  saveDetails: 'Save my details',
  needsChange: 'Nothing is saved yet. Look at what is marked below.',
  wrongShort: 'A text of at most {n} characters is possible here.',
  wrongNumber: 'This is no number. One looks like 1500 or 2.5.',
  wrongDate: 'This is no date. One looks like 2024-06-15.',
  wrongChoice: 'Choose from what is offered here.',
  data: 'Your data',
  dataText:
    'Your data is not shown here, because this link may have been forwarded. We answer within a month. If you have opted out, that stays, also after your data is erased.',
  askForData: 'Ask for my data',
  eraseData: 'Erase my data',
  askedForData: 'You asked for your data. You get an answer by {date}.',
  askedForErasure: 'You asked to have your data erased. You get an answer by {date}.',
  notSavedHeading: 'Nothing is saved yet',
  notSavedText: 'Something on our side failed. Go back and press the button again.',
}

export type PreferenceWords = typeof englishPreferences

const LANGUAGES: Record<Language, PreferenceWords> = {
  en: englishPreferences,
  de: germanPreferences,
  ar: arabicPreferences,
}

export const preferenceWords = (language: Language): PreferenceWords => LANGUAGES[language]
