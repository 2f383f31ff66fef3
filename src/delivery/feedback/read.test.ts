import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { readReturn } from './read.ts'

/** A mail of lines; `\n` is what the files of mail systems have on disk. */
const mail = (...lines: string[]) => Buffer.from(`${lines.join('\n')}\n`)

const REFERENCE = `${'a'.repeat(41)}b`
const original = [
  'Return-Path: <b+x@returns.fernmoor.example>',
  `X-Msg-Ref: ${REFERENCE}`,
  `Message-ID: <${REFERENCE}@fernmoor.example>`,
  'To: ann@post.example',
  'Subject: Garden news',
]

function report(fields: string[], notice = 'Your message could not be delivered.') {
  return mail(
    'Return-Path: <>',
    'From: MAILER-DAEMON@mx.example',
    'To: b+x@returns.fernmoor.example',
    'Subject: Undelivered Mail Returned to Sender',
    'Content-Type: multipart/report; report-type=delivery-status; boundary="b1"',
    '',
    '--b1',
    '',
    notice,
    '--b1',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mx.example',
    '',
    ...fields,
    '--b1',
    'Content-Type: text/rfc822-headers',
    '',
    ...original,
    '--b1--',
  )
}

const failed = (status: string, diagnostic: string, action = 'failed') => [
  'Final-Recipient: rfc822; ann@post.example',
  `Action: ${action}`,
  `Status: ${status}`,
  `Diagnostic-Code: smtp; ${diagnostic}`,
  '',
]

test('a delivery report names recipient, codes, words and our reference (BN-2, BN-5)', () => {
  const read = readReturn(
    report(failed('5.1.1', '550 5.1.1 <ann@post.example>: Recipient address rejected:\n    User unknown')),
  )
  expect(read).toMatchObject({ kind: 'bounce', references: [REFERENCE, REFERENCE] })
  expect(read.recipients).toMatchObject([
    { address: 'ann@post.example', status: '5.1.1', reply: '550', outcome: 'hard' },
  ])
})

test('the same report with CRLF, LF and CR says the same (BN-15)', () => {
  const lf = report(failed('5.1.1', '550 5.1.1 User unknown')).toString()
  for (const end of ['\r\n', '\r'])
    expect(readReturn(Buffer.from(lf.replaceAll('\n', end)))).toEqual(readReturn(Buffer.from(lf)))
})

test('only what failed is a bounce (BN-3)', () => {
  for (const action of ['delayed', 'delivered', 'Relayed', 'EXPANDED'])
    expect(readReturn(report(failed('5.1.1', '550 5.1.1 User unknown', action))).recipients).toMatchObject([
      { outcome: 'ignore' },
    ])
  expect(readReturn(report(failed('4.4.1', '421 no answer'))).recipients).toMatchObject([{ outcome: 'soft' }])
})

test('recipients of one report have outcomes of their own (BN-4)', () => {
  const bob = failed('5.2.2', '552 5.2.2 Mailbox full').map((line) => line.replace('ann@', 'bob@'))
  const read = readReturn(report([...failed('5.1.1', '550 5.1.1 User unknown'), ...bob]))
  expect(read.recipients.map(({ address, outcome }) => [address, outcome])).toEqual([
    ['ann@post.example', 'hard'],
    ['bob@post.example', 'soft'],
  ])
})

const answers: [outcome: string, status: string, words: string][] = [
  ['hard', '5.1.2', '550 5.1.2 Host unknown'],
  ['hard', '5.1.10', '556 5.1.10 Recipient address has null MX'],
  ['hard', '5.7.17', '550 5.7.17 the owner has changed'],
  ['soft', '5.2.2', '552 5.2.2 Over quota'],
  ['soft', '5.1.1', '550 5.1.1 The recipient mailbox is full'],
  ['soft', '5.2.1', '550 5.2.1 The user is receiving mail too quickly: account temporarily disabled'],
  ['soft', '4.2.2', '452 4.2.2 Mailbox full'],
  ['soft', '5.0.0', '550 we do not like this'],
  ['block', '5.7.26', '550-5.7.26 Unauthenticated email from fernmoor.example is not accepted due to its DMARC policy'],
  ['block', '5.7.1', '554 5.7.1 Client host blocked using zen.spamhaus.org'],
  ['block', '5.7.515', '550 5.7.515 Access denied, sending domain does not meet the required authentication level'],
  ['block', '5.3.4', '552 5.3.4 Message size exceeds fixed limit'],
  ['block', '5.1.8', '553 5.1.8 Sender address rejected: Domain not found'],
  ['block', '5.6.7', '553 5.6.7 SMTPUTF8 is required'],
  ['block', '5.1.1', '554 5.1.1 your IP address is on a blacklist, user unknown or not'],
]
for (const [outcome, status, words] of answers)
  test(`${words} is ${outcome} (BN-7, BN-8)`, () => {
    expect(readReturn(report(failed(status, words))).recipients).toMatchObject([{ outcome }])
  })

const old: [name: string, outcome: string, raw: Buffer][] = [
  [
    'qmail',
    'hard',
    mail(
      'From: MAILER-DAEMON@mx.example',
      'Subject: failure notice',
      '',
      'Hi. This is the qmail-send program at mx.example.',
      '',
      '<ann@post.example>:',
      'Sorry, no mailbox here by that name. (#5.1.1)',
      '',
      '--- Below this line is a copy of the message.',
      '',
      ...original,
    ),
  ],
  [
    'Exim',
    'soft',
    mail(
      'From: Mail Delivery System <Mailer-Daemon@mx.example>',
      'X-Failed-Recipients: ann@post.example',
      'Subject: Mail delivery failed: returning message to sender',
      '',
      'The following address(es) failed:',
      '',
      '  ann@post.example',
      '    SMTP error from remote mail server after RCPT TO:<ann@post.example>:',
      '    host mx.post.example [192.0.2.1]: 552 5.2.2 mailbox is full',
      '',
      '------ This is a copy of the message, including all the headers. ------',
      '',
      ...original,
    ),
  ],
  [
    'Exchange 2003',
    'hard',
    mail(
      'From: System Administrator <postmaster@post.example>',
      'Subject: Undeliverable: Garden news',
      '',
      'Your message',
      '',
      '  To:      ann@post.example',
      '',
      'did not reach the following recipient(s):',
      '',
      'ann@post.example on Thu, 9 May 2024 23:34:45 +0900',
      '    The recipient name is not recognized',
    ),
  ],
]
for (const [name, outcome, raw] of old)
  test(`a report of ${name} without a delivery status is understood (BN-13)`, () => {
    expect(readReturn(raw).recipients).toMatchObject([{ address: 'ann@post.example', outcome }])
  })

const feedback = (type: string) =>
  mail(
    'From: feedback@post.example',
    'Content-Type: multipart/report; report-type=feedback-report; boundary=b1',
    '',
    '--b1',
    'Content-Type: message/feedback-report',
    '',
    `Feedback-Type: ${type}`,
    'User-Agent: Test/1',
    'Version: 1',
    'Original-Rcpt-To: 5f4dcc3b5aa765d61d8327deb882cf99',
    '--b1',
    'Content-Type: message/rfc822',
    '',
    ...original,
    '--b1--',
  )

test('a complaint is found by its report, also with a redacted recipient; an authentication report is none (CP-2, CP-3)', () => {
  for (const type of ['abuse', 'fraud', 'virus', 'other', 'opt-out', 'opt-out-list'])
    expect(readReturn(feedback(type))).toMatchObject({ kind: 'complaint', references: [REFERENCE, REFERENCE] })
  for (const type of ['auth-failure', 'dmarc', 'not-spam'])
    expect(readReturn(feedback(type))).toMatchObject({ kind: 'report', recipients: [{ outcome: 'ignore' }] })
})

const noise: [name: string, headers: string[], body: string][] = [
  ['a vacation reply', ['Subject: Automatic reply: Garden news'], 'I am away. My old mailbox is no longer used.'],
  [
    'a vacation reply from <>',
    ['Return-Path: <>', 'Auto-Submitted: auto-replied', 'Subject: Garden news'],
    'user unknown until Monday',
  ],
  ['a German vacation reply', ['Subject: Abwesenheitsnotiz: Garden news'], 'Ich bin nicht erreichbar.'],
  [
    'a read receipt',
    ['Subject: Read: Garden news', 'Content-Type: multipart/report; report-type=disposition-notification; boundary=x'],
    '',
  ],
  ['a DMARC report', ['Subject: Report Domain: fernmoor.example Submitter: post.example'], ''],
  [
    'a challenge',
    ['Subject: Confirm that your message is not spam', 'X-TMDA-Confirm: 1'],
    'Verify that you are a human',
  ],
  [
    'a reply of a person',
    ['From: ann@post.example', 'Subject: Re: Garden news'],
    'Thank you, 5 stars. My neighbour is unknown here.',
  ],
]
for (const [name, headers, body] of noise)
  test(`${name} changes nothing (BN-11, BN-12)`, () => {
    const read = readReturn(mail(...headers, '', body))
    expect(['auto_reply', 'report', 'other']).toContain(read.kind)
    expect(read.recipients.filter(({ outcome }) => outcome !== 'ignore')).toEqual([])
  })

test('hostile mail is read in bounded time and never throws (BN-15, SE-13)', () => {
  const nested = Array.from(
    { length: 10_000 },
    (_, depth) => `Content-Type: multipart/mixed; boundary=b${depth}\n\n--b${depth}\n`,
  ).join('')
  const hostile = [
    Buffer.alloc(50 * 1024 * 1024, 'a@'),
    Buffer.from(nested),
    Buffer.from(`Subject: ${'=?utf-8?Q?'.repeat(50_000)}\n\n${'<'.repeat(200_000)}`),
    Buffer.from(`Content-Type: text/html\n\n${'<div '.repeat(100_000)}`),
    Buffer.from(`From: MAILER-DAEMON@x\nSubject: failure notice\n\n${`${'user '.repeat(2000)}\n`.repeat(100)}`),
    Buffer.from(`From: MAILER-DAEMON@x\nSubject: failure notice\n\n${'no such '.repeat(100_000)}`),
    Buffer.from(`Subject: failure notice\n\n${'a.'.repeat(100_000)}@${'b-'.repeat(100_000)}`),
    Buffer.from('Content-Type: multipart/report; boundary=""\n\n--\n--\n'),
    Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x0a, 0x0a]),
    Buffer.alloc(0),
  ]
  for (const raw of hostile) {
    const began = performance.now()
    expect(readReturn(raw).recipients.filter(({ outcome }) => outcome === 'hard' || outcome === 'complaint')).toEqual(
      [],
    )
    expect(performance.now() - began).toBeLessThan(3000)
  }
})

/** A directory with expected.json and mail/, real mails with their outcomes, for whoever has one. */
const samples = process.env['BOUNCE_SAMPLES'] ?? ''
const expectations = z.array(
  z.object({
    file: z.string(),
    expected: z.array(z.object({ recipient: z.string(), reason: z.string(), outcome: z.string() })),
  }),
)

test.skipIf(!existsSync(join(samples, 'expected.json')))(
  'real returned mails of 54 systems: recipients and outcomes are right, and nothing is Error or Opt-Out that should not be',
  () => {
    const files = expectations.parse(JSON.parse(readFileSync(join(samples, 'expected.json'), 'utf8')))
    const cases = files.flatMap(({ file, expected }) => {
      const raw = readFileSync(join(samples, file))
      const { recipients } = readReturn(raw)
      const lf = raw.toString('latin1').replace(/\r\n?/g, '\n')
      for (const end of ['\n', '\r\n', '\r'])
        expect(readReturn(Buffer.from(lf.replaceAll('\n', end), 'latin1')).recipients, file).toEqual(recipients)
      return expected.map((wanted) => {
        const same = recipients.find(({ address }) => address.toLowerCase() === wanted.recipient.toLowerCase())
        return {
          file,
          wanted: wanted.outcome,
          isFound: same !== undefined,
          got: (same ?? recipients[0])?.outcome ?? 'none',
        }
      })
    })
    const share = (isRight: (one: (typeof cases)[number]) => boolean) => cases.filter(isRight).length / cases.length
    const dangerous = cases.filter(({ got, wanted }) => (got === 'hard' || got === 'complaint') && got !== wanted)
    expect(dangerous).toEqual([])
    expect(cases.filter(({ wanted, got }) => wanted === 'complaint' && got !== 'complaint')).toEqual([])
    expect(cases.filter(({ wanted, got }) => wanted === 'ignore' && got !== 'ignore')).toEqual([])
    expect(share(({ isFound }) => isFound)).toBeGreaterThanOrEqual(0.97)
    expect(share(({ got, wanted }) => (got === 'hard') === (wanted === 'hard'))).toBeGreaterThanOrEqual(0.98)
    expect(share(({ got, wanted }) => got === wanted)).toBeGreaterThanOrEqual(0.88)
  },
)
