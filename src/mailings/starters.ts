import type { Block, BlockKind, Design } from './blocks.contract.ts'
import type { Starter } from './kept.contract.ts'

type Draft<Kind extends BlockKind> = Omit<Extract<Block, { kind: Kind }>, 'kind' | 'id'>
type Made = { [Kind in BlockKind]: { kind: Kind } & Draft<Kind> }[BlockKind]

const heading = (text: string, more: Partial<Draft<'heading'>> = {}): Made => ({
  kind: 'heading',
  text,
  level: '2',
  align: 'left',
  look: 'plain',
  ...more,
})
const band = (text: string) => heading(text, { level: '1', look: 'band', align: 'center' })
const text = (words: string, align: 'left' | 'center' = 'left'): Made => ({ kind: 'text', text: words, align })
const button = (words: string, href: string, more: Partial<Draft<'button'>> = {}): Made => ({
  kind: 'button',
  text: words,
  href,
  align: 'left',
  look: 'main',
  ...more,
})
const divider: Made = { kind: 'divider' }
const spacer = (height: number): Made => ({ kind: 'spacer', height })
const side = (id: string, title: string, words: string): Extract<Block, { kind: 'columns' }>['columns'][number] => [
  { kind: 'heading', id: `${id}h`, text: title, level: '3', align: 'left', look: 'plain' },
  { kind: 'text', id: `${id}t`, text: words, align: 'left' },
]
const columns = (...inside: Extract<Block, { kind: 'columns' }>['columns']): Made => ({
  kind: 'columns',
  columns: inside,
})

const HELLO = 'Dear {{ contact.first_name | default: "reader" }},'
const SITE = 'https://www.example.org'

function starter(
  key: string,
  name: string,
  about: string,
  subject: string,
  look: Omit<Design, 'blocks'>,
  blocks: Made[],
): Starter {
  const footer: Made = { kind: 'footer', align: 'left', colour: '#4f5b54', ground: '#f6f8f6' }
  const placed = [...blocks, footer].map((block, index): Block => ({ ...block, id: `b${index + 1}` }))
  return { key, name, about, subject, source: { kind: 'blocks', design: { ...look, blocks: placed } } }
}

/** Six mailings to begin from. Their words are meant to be written over, and read well as they stand. */
export const starters: Starter[] = [
  starter(
    'announcement',
    'Announcement',
    'One piece of news and one button',
    'The glasshouse opens again on 4 December',
    {
      previewText: 'Two thousand lanterns, free for members',
      accent: '#1d5b3c',
      ground: '#e8ece8',
      font: 'serif',
    },
    [
      heading('{{ sender.name }}', { level: '3' }),
      band('The glasshouse opens again'),
      spacer(12),
      text(
        `${HELLO}\n\nafter eight months of work on the roof, the glasshouse opens its doors on **Friday 4 December**. Two thousand lanterns hang among the tree ferns, every evening until nine.\n\nMembers come in free and may bring a guest. Places are counted, so choose your evening now.`,
      ),
      button('Book a place', `${SITE}/lanterns`),
      text('Wrap up warm, and mind the frogs.\nHedda and the gardeners'),
      spacer(12),
    ],
  ),
  starter(
    'newsletter',
    'Newsletter',
    'Several short pieces, in one and two columns',
    'News from the garden, December',
    {
      previewText: 'Lantern evenings, seed swap, and what to prune now',
      accent: '#0b5f6b',
      ground: '#eef2f3',
      font: 'sans',
    },
    [
      heading('News from the garden', { level: '1' }),
      text('December, from {{ sender.name }}'),
      divider,
      heading('Lantern evenings are back'),
      text(
        'From 4 December the glasshouse glows every evening until nine. The café stays open and serves soup from our own leeks.',
      ),
      button('See all evenings', `${SITE}/lanterns`, { look: 'quiet' }),
      divider,
      columns(
        side(
          'l',
          'Seed swap',
          `Bring what you saved and take what you lack. Saturday 12 December, 10 to 1, in the old barn.\n\n[How the swap works](${SITE}/seeds)`,
        ),
        side(
          'r',
          'Prune this month',
          `Apples and pears, once the leaves are down. Leave plums alone until summer.\n\n[A picture for each cut](${SITE}/pruning)`,
        ),
      ),
      divider,
      heading('From our diary'),
      text(
        `- **5 December** Wreath making, two places left\n- **12 December** Seed swap in the barn\n- **20 December** Last day before the winter break`,
      ),
      {
        kind: 'social',
        align: 'left',
        links: [
          { name: 'Our website', href: SITE },
          { name: 'Diary', href: `${SITE}/diary` },
        ],
      },
      spacer(12),
    ],
  ),
  starter(
    'invitation',
    'Event invitation',
    'What, when and where, with a way to answer',
    'You are invited: an evening among the ferns',
    { previewText: 'Thursday 10 December, seven in the evening', accent: '#5b2a6e', ground: '#f1edf3', font: 'serif' },
    [
      spacer(12),
      text('{{ sender.name }} invites you to', 'center'),
      heading('An evening among the ferns', { level: '1', align: 'center' }),
      text(
        `${HELLO}\n\njoin us for an hour of music and a walk through the glasshouse by lantern light, with Dr Ines Okoro, who planted most of it.`,
        'center',
      ),
      divider,
      columns(
        side('l', 'When', 'Thursday 10 December\n7 pm, doors open at 6.30 pm'),
        side('r', 'Where', 'The Glasshouse\n4 Glasshouse Lane, Fernmoor'),
      ),
      button('Tell us that you come', `${SITE}/evening`, { align: 'full' }),
      text(
        'Entrance is free. The paths are level, and there is a lift from the car park. Answer by 3 December.',
        'center',
      ),
      spacer(12),
    ],
  ),
  starter(
    'offer',
    'Product or offer',
    'A product, its price and three reasons',
    'The winter box: bulbs for a spring in pots',
    { previewText: 'Until 18 December, delivery included', accent: '#9a3412', ground: '#f6efe9', font: 'sans' },
    [
      heading('{{ sender.name }}', { level: '3' }),
      band('The winter box'),
      spacer(12),
      text(
        `${HELLO}\n\nsixty bulbs, five kinds, and a sheet that says what goes into which pot. Plant them before Christmas and they flower from February to May.`,
      ),
      heading('£24, delivery included', { level: '2' }),
      button('Order a winter box', `${SITE}/shop/winter-box`, { align: 'full' }),
      divider,
      columns(
        side('a', 'Grown here', 'Raised in our own beds, without peat.'),
        side('b', 'Hard to kill', 'Kinds that forgive a dry week.'),
        side('c', 'Kept promises', 'What does not flower is replaced.'),
      ),
      text('The price holds until 18 December, or until the boxes are gone.'),
      spacer(12),
    ],
  ),
  starter(
    'welcome',
    'Welcome',
    'The first mail after somebody signed up',
    'Welcome to {{ sender.name }}',
    { previewText: 'What you get from us, and how often', accent: '#1d4f91', ground: '#edf1f7', font: 'sans' },
    [
      spacer(8),
      heading('Good to have you here', { level: '1' }),
      text(
        `${HELLO}\n\nthank you for signing up. From now on you get our news **once a month**, and a note when something opens or closes.`,
      ),
      heading('Three things to begin with', { level: '2' }),
      text(
        `1. [Read what is in flower now](${SITE}/now)\n2. [Plan a visit](${SITE}/visit), with opening hours and the way here\n3. [Choose what you get](${'{{ preferences_url }}'}), on your preferences page`,
      ),
      button('Plan a visit', `${SITE}/visit`),
      text('A question? Answer this mail. Somebody reads it.\n\nHedda Quill\n{{ sender.name }}'),
      spacer(12),
    ],
  ),
  starter(
    'letter',
    'Plain letter',
    'Words alone, as from one person to another',
    'A short letter from the garden',
    { previewText: '', accent: '#1d5b3c', ground: '#ffffff', font: 'serif' },
    [
      text(
        `${HELLO}\n\nthis is a letter about the wall. In October the storm took eleven metres of it, the part with the espaliered pears, and since then people have asked what becomes of the trees.\n\nThey live. We lifted seven of the nine, and they stand in the cold frame with their roots in straw. The wall is built again in February, with the old bricks.\n\nIf you want to lend a hand on one of the building days, [put your name down here](${SITE}/wall). If you would rather give, that is [possible too](${SITE}/give).\n\nWith thanks,\nHedda Quill`,
      ),
      spacer(8),
    ],
  ),
]
