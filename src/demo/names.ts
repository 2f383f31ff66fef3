/** Names from many places, mixed at random: nobody in particular. */
export const firstNames =
  'Adaeze Amira Anouk Beatriz Callum Chiara Daan Deniz Eilidh Emil Farid Freya Giulia Hana Hedda Ines Ivo Jana João Joost Kaito Kwame Leila Lin Luca Maeve Marit Mateus Milan Mina Nadia Noor Nuno Oisín Olga Pavel Petra Priya Quentin Rania Rosa Samir Sanna Sven Tariq Thea Tomasz Uma Vera Wout Xenia Yara Yusuf Zofia Zora'.split(
    ' ',
  )

export const lastNames =
  'Achterberg Aldershaw Almeida Ardley Bakker Brandvold Castellane Correia Danso Dragić Eide Fairweather Farrow Fjeld Galway Haddad Halvorsen Ibarra Iyer Janssen Kallio Kovač Lindqvist Marlow Mensah Nakata Novák Okonjo Oyelaran Petersen Quill Rahimi Rossi Sandoval Silva Sutter Tanaka Thorne Ueda Varga Viklund Weiss Wren Yilmaz Zielinski'.split(
    ' ',
  )

export const towns = [
  'Alderby',
  'Fernmoor',
  'Westerby',
  'Harrowgate',
  'Little Stanton',
  'Kirkhaven',
  'Northwick',
  'Seaholme',
]

/** Domains that are reserved for examples (RFC 2606): a mailing to them reaches nobody. */
export const domains = ['mail.example', 'post.example', 'inbox.example', 'letters.example', 'thorne-nursery.example']

/** Small repeatable random numbers from 0 to 1 (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** The part of an address that a name makes: `João Petersen` → `joao.petersen`. */
export function localPart(first: string, last: string): string {
  return `${first}.${last}`
    .normalize('NFD')
    .replace(/[^a-z.]/gi, '')
    .toLowerCase()
}
