import { expect, test } from 'vitest'
import { LANGUAGES } from '../optouts/words.ts'
import { englishSignUp, listedTopics, signUpWords } from './sign-up-words.ts'

const places = (sentence: string) => (sentence.match(/\{\w+\}/g) ?? []).sort()

test.each(LANGUAGES)(
  '$name has every word of the sign-up, each with the same places to fill in (UX-11)',
  ({ code }) => {
    const words = new Map(Object.entries(signUpWords(code)))
    expect([...words.keys()].sort()).toEqual(Object.keys(englishSignUp).sort())
    for (const [name, sentence] of Object.entries(englishSignUp)) {
      expect(places(words.get(name) ?? ''), name).toEqual(places(sentence))
      expect(words.get(name)).not.toMatch(/!|please|bitte|don't miss/i)
    }
  },
)

test('topics are listed as people of the language do', () => {
  expect(listedTopics('en', ['News', 'Talks', 'Courses'])).toBe('News, Talks and Courses')
  expect(listedTopics('de', ['News', 'Vorträge'])).toBe('News und Vorträge')
})
