import { expect, test } from 'vitest'
import { donePage, notRecordedPage, optOutPage } from './page.ts'
import { chooseLanguage, english, LANGUAGES, wordsOf } from './words.ts'

const places = (sentence: string) => (sentence.match(/\{\w+\}/g) ?? []).sort()
const FORBIDDEN = {
  en: /sorry|miss you|may take|are you sure|stay subscribed|please|why are you|!/i,
  de: /schade|vermissen|kann .* dauern|sicher|bitte|warum|!/i,
  ar: /نأسف|سنفتقدك|قد يستغرق|هل أنت متأكد|لماذا|!/,
}

test.each(LANGUAGES)('$name has every word, each with the same places to fill in (UX-11)', ({ words }) => {
  expect(Object.keys(words).sort()).toEqual(Object.keys(english).sort())
  for (const [name, sentence] of Object.entries(english)) {
    const translated = Object.entries(words).find(([key]) => key === name)?.[1]
    expect(places(translated ?? ''), name).toEqual(places(sentence))
    expect(translated?.trim()).not.toBe('')
  }
})

test.each(LANGUAGES)(
  '$name asks for no reason, has no guilt and promises nothing for later (UX-10)',
  ({ code, words }) => {
    for (const sentence of Object.values(words)) expect(sentence).not.toMatch(FORBIDDEN[code])
  },
)

test('what a language lacks is said in English (UX-11)', () => {
  const german = LANGUAGES.find(({ code }) => code === 'de')
  if (!german) throw new Error('there is no German')
  const { optOut, ...rest } = german.words
  const before = german.words
  german.words = rest
  expect(wordsOf('de').optOut).toBe('Opt out')
  german.words = before
  expect(wordsOf('de').optOut).toBe(optOut)
})

test("the reader's choice comes first, then the browser's, then the account's (UX-11)", () => {
  expect(chooseLanguage('ar', 'de', 'en')).toBe('ar')
  expect(chooseLanguage(undefined, 'de', 'ar')).toBe('de')
  expect(chooseLanguage('tlh', 'fr;q=1, *;q=0.1', 'ar')).toBe('ar')
  expect(chooseLanguage(undefined, 'de;q=0, ar;q=0.2', 'en')).toBe('ar')
  expect(chooseLanguage(undefined, undefined, undefined)).toBe('en')
})

const frame = {
  language: 'en' as const,
  sender: {
    name: 'Fernmoor Garden',
    postalAddress: 'Fernmoor',
    contactUrl: 'https://fernmoor.example/ask/',
    language: 'en',
    timeZone: 'Europe/Vienna',
    organization: null,
  },
  prefix: '/mail',
  styleUrl: '/mail/public.css',
  isAnswer: false,
  hasLanguageLinks: true,
}

test("times are in the account's time zone, with its name (UX-12)", () => {
  const done = { address: null, since: new Date('2026-11-23T10:32:00Z'), ways: null }
  expect(donePage(frame, done)).toContain('In effect since 23 November 2026, 11:32 CET')
  expect(donePage({ ...frame, language: 'de' }, done)).toContain('Gilt seit 23. November 2026, 11:32 MEZ')
  expect(donePage({ ...frame, language: 'ar' }, done)).toContain('سارٍ منذ')
})

test('a page names whom to ask, and offers the current language as text (UX-12)', () => {
  const page = optOutPage(frame, 'i***@p***.example')
  expect(page).toContain('Questions: <a href="https://fernmoor.example/ask/" dir="ltr">fernmoor.example/ask</a>')
  expect(page).toContain(
    '<li><span lang="en">English</span></li><li><a href="?lang=de" lang="de" hreflang="de">Deutsch</a></li>',
  )
  expect(notRecordedPage({ ...frame, isAnswer: true })).toContain(
    '<h1 tabindex="-1" autofocus>Your opt-out is not recorded yet</h1>',
  )
  expect(notRecordedPage({ ...frame, sender: null })).toContain('Press the button again.</p>')
})
