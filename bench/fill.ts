// Fills a second: 10 KB messages with 8 merge points on one core. Ends with one JSON line.

import { compileMailing } from '../src/mailings/compile.ts'
import { fillMessage } from '../src/mailings/fill.ts'
import { signLink } from '../src/optouts/link.ts'

const rows = Number(process.argv[process.argv.indexOf('--rows') + 1] || 100_000) || 100_000
const keys = [{ id: 1, key: Buffer.alloc(32, 7) }]
const words = 'From 4 December we light two thousand lanterns among the tree ferns, every evening until nine. '
const html = `<p>Dear {{ contact.first_name | default: "friend" }} {{ contact.last_name }},</p><p>${words.repeat(60)}</p><p>{{ contact.city | upcase }}</p>`
const mailing = compileMailing(
  {
    mailingId: '12',
    subject: 'Lanterns for {{ contact.first_name }}',
    fromName: '',
    fromAddress: '',
    html,
    text: `Dear {{ contact.first_name }},\n${words.repeat(12)}`,
  },
  {
    accountId: '3',
    name: 'Fernmoor Garden',
    senderName: 'Fernmoor',
    senderAddress: 'news@fernmoor.example',
    postalAddress: '4 Glasshouse Lane',
    contactUrl: '',
    language: 'en',
  },
  'https://mail.fernmoor.example',
)
const link = signLink(keys, { accountId: '3', addressKey: Buffer.alloc(16, 9), mailingId: '12' })
const at = new Date()
const fill = (index: number) =>
  fillMessage(
    mailing,
    {
      address: `reader${index}@post.example`,
      fields: { first_name: `Zoë ${index}`, last_name: 'O’Neill', city: 'Riga' },
      link,
      reference: `r${index}`,
    },
    at,
  )

const bytes = fill(0).raw.length
for (let index = 0; index < 5000; index++) fill(index)
const began = performance.now()
for (let index = 0; index < rows; index++) fill(index)
const seconds = (performance.now() - began) / 1000
console.log(
  JSON.stringify({
    name: 'fill',
    rows,
    bytes,
    seconds: Number(seconds.toFixed(3)),
    perSecond: Math.round(rows / seconds),
    peakMB: Math.round(process.resourceUsage().maxRSS / 1024),
  }),
)
