import { expect, test } from 'vitest'
import { LANGUAGES } from '../optouts/words.ts'
import { englishPreferences, preferenceWords } from './preferences-words.ts'

const places = (sentence: string) => (sentence.match(/\{\w+\}/g) ?? []).sort()
const FORBIDDEN = {
  en: /sorry|miss you|may take|are you sure|stay subscribed|please|why are you|!/i,
  de: /schade|vermissen|kann .* dauern|sicher|bitte|warum|!/i,
  ar: /نأسف|سنفتقدك|قد يستغرق|هل أنت متأكد|لماذا|!/,
}

test.each(LANGUAGES)(
  '$name has every word of the preferences page, without guilt or delay (UX-10, UX-11)',
  ({ code }) => {
    const words = Object.entries(preferenceWords(code))
    expect(words.map(([name]) => name)).toEqual(Object.keys(englishPreferences))
    for (const [name, sentence] of words) {
      const english = Object.entries(englishPreferences).find(([key]) => key === name)?.[1]
      expect(places(sentence), name).toEqual(places(english ?? ''))
      expect(sentence.trim()).not.toBe('')
      expect(sentence).not.toMatch(FORBIDDEN[code])
    }
  },
)
