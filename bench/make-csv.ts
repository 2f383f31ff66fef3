// Makes a CSV file of plausible people from a seed: the same seed gives the same file. What an import of it into an
// empty account must count is printed as JSON to standard error.
//   node bench/make-csv.ts --rows 50000 --seed 1 --bom --semicolons --quoted-newlines --duplicates --invalid > people.csv
import { once } from 'node:events'
import { parseArgs } from 'node:util'

export type CsvOptions = {
  rows: number
  seed?: number
  bom?: boolean
  semicolons?: boolean
  /** Some towns stand in two lines. */
  quotedNewlines?: boolean
  /** Every 50th row repeats an earlier address in other letter case. */
  duplicates?: boolean
  /** Every 100th row has no good address. */
  invalid?: boolean
}

export type ExpectedCounts = { rows: number; added: number; duplicates: number; invalid: number }

const FIRST =
  'Anna,Ben,Clara,David,Elif,Finn,Greta,Hamid,Ines,Jonas,Katarzyna,Lars,Maja,Noah,Olga,Paul,Quentin,Rosa,Sören,Tuğba,Ulrike,Viktor,Wanda,Xaver,Yara,Zoë,Émile,Łukasz,Øyvind,Jürgen'.split(
    ',',
  )
const LAST =
  "Ackermann,Berg,Costa,Dubois,Eriksen,Fischer,García,Hansen,Ivanova,Jansen,Köhler,Lindqvist,Müller,Novák,O'Brien,Petrov,Quist,Rossi,Smith,Tanaka,Urban,Vogel,Weiß,Young,Zimmermann,Æby,D'Angelo,von Hagen,Çelik,Núñez".split(
    ',',
  )
const PLACES = 'Bremen,Gdańsk,Kiel,Lyon,Malmö,Porto,Tartu,Utrecht,Vaduz,Zürich'.split(',')
const WRONG = [
  '',
  'no address',
  'anna@',
  '@post.example',
  'a b@post.example',
  'anna@@post.example',
  'anna..b@post.example',
]

/** Text of the file, a row at a time; returns what an import must count. */
export function* csvRows(options: CsvOptions): Generator<string, ExpectedCounts> {
  const random = mulberry32(options.seed ?? 1)
  const pick = (items: string[]) => items[Math.floor(random() * items.length)] ?? ''
  const delimiter = options.semicolons ? ';' : ','
  const counts = { rows: options.rows, added: 0, duplicates: 0, invalid: 0 }
  const cell = (text: string) => (/[",;\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  yield `${options.bom ? '\ufeff' : ''}${['E-Mail', 'First name', 'Last name', 'Town'].join(delimiter)}\r\n`
  const repeatable: string[] = []
  for (let number = 1; number <= options.rows; number++) {
    const first = pick(FIRST)
    const last = pick(LAST)
    let address = `${ascii(first)}.${ascii(last)}${number}@post${number % 997}.example`
    if (options.invalid && number % 100 === 0) {
      address = pick(WRONG)
      counts.invalid++
    } else if (options.duplicates && number % 50 === 25 && repeatable.length > 0) {
      address = otherCase(repeatable.splice(Math.floor(random() * repeatable.length), 1)[0] ?? '')
      counts.duplicates++
    } else {
      counts.added++
      if (number % 7 === 0 && repeatable.length < 1000) repeatable.push(address)
    }
    const place = pick(PLACES)
    const town = options.quotedNewlines && number % 10 === 0 ? `${place}\n“the old” "town"` : place
    yield `${[address, first, last, town].map(cell).join(delimiter)}\r\n`
  }
  return counts
}

const ascii = (name: string) =>
  name
    .normalize('NFKD')
    .replace(/[^a-z]/gi, '')
    .toLowerCase() || 'someone'

const otherCase = (address: string) => address.replace(/^[a-z]+/, (start) => start.toUpperCase())

/** Small, seeded, good enough for names. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '50000' },
      seed: { type: 'string', default: '1' },
      bom: { type: 'boolean', default: false },
      semicolons: { type: 'boolean', default: false },
      'quoted-newlines': { type: 'boolean', default: false },
      duplicates: { type: 'boolean', default: false },
      invalid: { type: 'boolean', default: false },
    },
  })
  const rows = csvRows({
    rows: Number(values.rows),
    seed: Number(values.seed),
    bom: values.bom,
    semicolons: values.semicolons,
    quotedNewlines: values['quoted-newlines'],
    duplicates: values.duplicates,
    invalid: values.invalid,
  })
  let step = rows.next()
  for (; !step.done; step = rows.next()) if (!process.stdout.write(step.value)) await once(process.stdout, 'drain')
  process.stderr.write(`${JSON.stringify(step.value)}\n`)
}
