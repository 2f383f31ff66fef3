import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cleanText } from './encode.ts'
import { mergePoints, pieceFiller, readTemplate, renderTemplate, type Scope, type TemplateKind } from './template.ts'

const scope = (contact: Scope['contact']): Scope => ({
  contact,
  opt_out_url: 'https://x.example/o/abc',
  preferences_url: 'https://x.example/p/abc',
  view_url: 'https://x.example/v/abc',
  masked_address: 'a***@b***.example',
  sender: { name: 'Fernmoor & Sons', postal_address: '4 Glasshouse Lane' },
})
const inPieces = (kind: TemplateKind, source: string, of: Scope) =>
  readTemplate(kind, source, 'HTML part')
    .map((piece) => (typeof piece === 'string' ? piece : pieceFiller(kind, piece)(of)))
    .join('')

test('prepared pieces give exactly what Liquid gives, for any template and any values', () => {
  const value = fc.constantFrom(
    'contact.first_name',
    'contact["first_name"]',
    'contact.city',
    'contact.none',
    'contact.constructor',
    'contact.__proto__',
    'contact.city.size',
    'contact.city.first',
    'opt_out_url',
    'preferences_url',
    'view_url',
    'masked_address',
    'sender.name',
    'sender.postal_address',
    '"words"',
    '12',
    'nothing',
    'sender',
    'opt_out_url.size',
  )
  const filter = fc.constantFrom(
    'default: "friend"',
    "default: 'a | b'",
    'default: contact.city',
    'default: 7',
    'default: ""',
    'upcase',
    'downcase',
    'capitalize',
    'strip',
    'escape',
    'url_encode',
    'truncate: 5',
    'truncate: 4, "…"',
    'default: "x", allow_false: true',
  )
  const [open, close] = [fc.constantFrom('{{ ', '{{- ', '{{'), fc.constantFrom(' }}', ' -}}', '}}')]
  const output = fc
    .tuple(open, value, fc.array(filter, { maxLength: 3 }), close)
    .map(([a, point, filters, z]) => a + [point, ...filters].join(' | ') + z)
  const fixed = fc.constantFrom(' ', '\n', '  x  ', '<p>', '}}', '{ ', '\t\n ', 'ü', '%}')
  const inner = fc.array(fc.oneof(output, fixed), { maxLength: 3 }).map((parts) => parts.join(''))
  const tag = fc
    .tuple(
      fc.constantFrom(
        ['{% if contact.city %}', '{% else %}', '{% endif %}'],
        ['{%- unless contact.first_name == "Ann" -%}', '', '{%- endunless -%}'],
        ['{% case contact.city %}{% when "Riga" %}', '{% else %}', '{% endcase %}'],
        ['{% for i in (1..3) %}', '{{ i }}{% if i == 2 %}{% break %}{% endif %}', '{% endfor %}'],
        ['{% comment %}', '', '{% endcomment %}'],
        ['{% raw %}', ' {{ contact.city }} {% if %}', '{% endraw %}'],
      ),
      inner,
      inner,
    )
    .map(([[a = '', b = '', c = ''], one, other]) => a + one + b + (b.includes('raw') ? '' : other) + c)
  const template = fc.array(fc.oneof(output, fixed, tag), { maxLength: 8 }).map((parts) => parts.join(''))
  const words = fc
    .oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('Riga', 'Ann', '', ' ', '{{7*7}}', '<b>', '{% raw %}', 'ßẞİ'),
    )
    .map(cleanText)
  const other = fc.constantFrom(0, 7, -1.5, 1e-7, true, false)
  fc.assert(
    fc.property(
      template,
      fc.oneof(words, words, other),
      fc.oneof(words, words, other),
      fc.constantFrom<TemplateKind>('html', 'text'),
      (source, first_name, city, kind) => {
        const of = scope({ first_name, city })
        expect(inPieces(kind, source, of)).toBe(renderTemplate(kind, source, of))
      },
    ),
    { numRuns: 3000 },
  )
})

test('plain merge points need no Liquid for each recipient', () => {
  const pieces = readTemplate(
    'html',
    '<p>{{ contact.first_name | default: "friend" | upcase }} {{ opt_out_url }}</p>',
    'HTML part',
  )
  expect(pieces).toEqual([
    '<p>',
    { path: ['contact', 'first_name'], filters: [['default', 'friend'], ['upcase']] },
    ' ',
    { path: ['opt_out_url'], filters: [] },
    '</p>',
  ])
})

test('tags and filters that reach beyond the mailing are refused by name (SE-4)', () => {
  for (const tag of [
    'include "/etc/passwd"',
    'render "x"',
    'layout "x"',
    'block x',
    'assign x = 1',
    'capture x',
    'increment x',
    'tablerow x in y',
    'liquid echo 1',
    'echo 1',
    'cycle 1, 2',
  ])
    expect(() => readTemplate('html', `a\n{% ${tag} %}`, 'HTML part')).toThrow(
      `HTML part: the tag ${tag.split(' ')[0]} is not possible in a mailing (line 2)`,
    )
  for (const filter of ['raw', 'json', 'inspect', 'where_exp: "x"', 'sort', 'append: "x"', 'base64_decode'])
    expect(() => readTemplate('text', `{{ contact.x | ${filter} }}`, 'Text part')).toThrow(
      `the filter ${filter.split(':')[0]} is not possible`,
    )
})

test('a broken merge point is refused with its line', () => {
  for (const broken of ['{{ contact.x', '{{ 7*7 }}', '{% if x %}', '{{ }}', '{% endif %}', '{% nope %}'])
    expect(() => readTemplate('html', `one\ntwo ${broken}`, 'HTML part')).toThrow(/^HTML part: .*\(line 2\)/)
})

test('prototypes, other contacts and the program are out of reach (SE-4)', () => {
  const reach = [
    'contact.constructor',
    'contact.__proto__',
    'contact["constructor"]["name"]',
    'sender.toString',
    'opt_out_url.constructor',
    'process',
    'globalThis',
    'contact.first_name.constructor.name',
  ]
  for (const point of reach) expect(inPieces('text', `[{{ ${point} }}]`, scope({ first_name: 'Ann' }))).toBe('[]')
})

test('a template that would run forever is stopped', () => {
  const endless = '{% for i in (1..9999) %}{% for j in (1..9999) %}x{% endfor %}{% endfor %}'
  expect(() => inPieces('text', endless, scope({}))).toThrow(/limit/)
  expect(() => inPieces('text', '{% for i in (1..100000000) %}x{% endfor %}', scope({}))).toThrow(/limit/)
})

test('merge points are found wherever they stand', () => {
  expect(
    mergePoints(
      '{{ contact.a | default: contact.b }}{% if sender.name == contact.c %}{% for i in contact.d %}{{ i.e }}{% endfor %}{% endif %}{{ f }}',
    )
      .map((path) => path.join('.'))
      .sort(),
  ).toEqual(['contact.a', 'contact.b', 'contact.c', 'contact.d', 'f', 'sender.name'])
})
