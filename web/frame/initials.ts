/** Two letters for a crest: of the first two words, or of the only one. */
export function initials(name: string): string {
  const words = name.split(/[\s@._-]+/).filter(Boolean)
  const letters =
    words.length > 1
      ? words.slice(0, 2).map((word) => Array.from(word)[0] ?? '')
      : Array.from(words[0] ?? '?').slice(0, 2)
  return letters.join('').toLocaleUpperCase('en-GB')
}
