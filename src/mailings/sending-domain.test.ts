import { createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { startDns, type Zone } from '../../test/dns.ts'
import { startMailings } from '../../test/mailings.ts'
import { dkimKeyFile } from '../../test/smtp.ts'
import { openDns } from '../platform/dns.ts'
import { isAligned } from './dmarc.ts'
import type { SendingDomain } from './sending-domain.contract.ts'
import { countQuestions } from './spf.ts'

const dns = await startDns({})
afterAll(dns.stop)
const { api, check, core, draft, groupOf, send } = await startMailings()
const key = createPublicKey(readFileSync(dkimKeyFile)).export({ type: 'spki', format: 'der' }).toString('base64')
const SOUND: Zone = {
  'lw1._domainkey.herons.example': [`v=DKIM1; k=rsa; p=${key}`],
  'herons.example': ['some=other record', 'v=spf1 a:relay.herons.example -all'],
  '_dmarc.herons.example': ['v=DMARC1; p=quarantine; pct=50'],
}
const from = (zone: Zone) => {
  for (const name of Object.keys(dns.zone)) delete dns.zone[name]
  Object.assign(dns.zone, zone)
}
beforeEach(() => {
  core.config.dnsServers = [dns.server]
  core.config.dkim = { domain: 'herons.example', selector: 'lw1', keyFile: dkimKeyFile }
  from(SOUND)
})

const look = async () => (await api<SendingDomain>('GET', '/sending-domain?again=true')).body
const stateOf = async (which: string) => (await look()).records.find((record) => record.for === which)

test('a domain with the right SPF, DKIM and DMARC is found to be so (MP-2)', async () => {
  const { domain, records, lookedUpAt } = await look()
  expect(domain).toBe('herons.example')
  expect(lookedUpAt).not.toBeNull()
  expect(records.map((record) => [record.for, record.state])).toEqual([
    ['DKIM', 'found'],
    ['SPF', 'found'],
    ['DMARC', 'found'],
  ])
  const mailing = await draft({ groupIds: [await groupOf(['ann'])] })
  expect((await check(mailing.id)).findings).toContainEqual({
    check: 'authentication',
    level: 'passed',
    title: 'Sending domain',
    text: 'herons.example: DKIM, SPF and DMARC are there and agree with the sender.',
  })
})

test('what is missing is given exactly as it has to stand in the DNS, and stops no mailing (MP-2)', async () => {
  from({})
  const { records } = await look()
  expect(records.map(({ name, type, value, state }) => [state, type, name, value])).toEqual([
    ['missing', 'TXT', 'lw1._domainkey.herons.example', `v=DKIM1; k=rsa; p=${key}`],
    ['missing', 'TXT', 'herons.example', 'v=spf1 a:your.mail.server -all'],
    ['missing', 'TXT', '_dmarc.herons.example', 'v=DMARC1; p=none'],
  ])
  const mailing = await draft({ groupIds: [await groupOf(['ann'])] })
  const { findings, sendable } = await check(mailing.id)
  expect(findings.filter(({ title }) => title === 'Sending domain').map(({ level }) => level)).toEqual([
    'look',
    'look',
    'look',
  ])
  expect(sendable).toBe(true)
  expect((await send(mailing.id)).status).toBe(200)
})

test.each([
  ['another key', 'DKIM', { 'lw1._domainkey.herons.example': ['v=DKIM1; p=MIIB'] }, /Another key/],
  ['a signature of a stranger', 'DKIM', null, /signed for relay.example/],
  ['two SPF records', 'SPF', { 'herons.example': ['v=spf1 -all', 'v=spf1 mx -all'] }, /two records/],
  ['SPF for everybody', 'SPF', { 'herons.example': ['v=spf1 +all'] }, /every server/],
  ['an SPF record that includes itself', 'SPF', { 'herons.example': ['v=spf1 include:herons.example -all'] }, /10 DNS/],
] satisfies [string, string, Zone | null, RegExp][])('%s is named (MP-2, AU-5)', async (_, which, zone, text) => {
  if (zone) from({ ...SOUND, ...zone })
  else core.config.dkim = { domain: 'relay.example', selector: 'lw1', keyFile: dkimKeyFile }
  const record = await stateOf(which)
  expect(record?.state).toBe('other')
  expect(record?.text).toMatch(text)
})

test('a name server that fails says nothing about the record', async () => {
  from({ ...SOUND, 'herons.example': 'broken' })
  expect((await stateOf('SPF'))?.state).toBe('unknown')
  expect((await stateOf('DMARC'))?.state).toBe('found')
})

test('an answer is kept for some minutes, and on this machine alone nobody is asked', async () => {
  await look()
  const before = dns.asked.length
  await api('GET', '/sending-domain')
  expect(dns.asked.length).toBe(before)
  core.config.dnsServers = []
  expect((await look()).lookedUpAt).toBeNull()
  expect(dns.asked.length).toBe(before)
})

test('domains belong together by the tree walk, not by a list of suffixes (AU-4)', async () => {
  const ask = openDns([dns.server])
  from({
    '_dmarc.herons.example': ['v=DMARC1; p=none; rf=x; unknown=1'],
    '_dmarc.host.example': ['v=DMARC1; p=reject; psd=y'],
    '_dmarc.shop.herons.example': ['v=DMARC1; p=none; psd=n'],
  })
  const cases: [string, string, boolean, boolean][] = [
    ['news.herons.example', 'mail.herons.example', false, true],
    ['news.herons.example', 'mail.herons.example', true, false],
    ['herons.example', 'herons.example', true, true],
    ['a.host.example', 'b.host.example', false, false],
    ['x.a.host.example', 'a.host.example', false, true],
    ['shop.herons.example', 'herons.example', false, false],
    ['herons.example', 'relay.example', false, false],
  ]
  for (const [domain, other, strict, agrees] of cases)
    expect(await isAligned(ask, domain, other, strict), `${domain} ${other} ${strict}`).toBe(agrees)
})

test('the questions of an SPF record are counted with those of what it includes (AU-5)', async () => {
  const ask = openDns([dns.server])
  from({
    'one.example': ['v=spf1 a mx include:two.example ~all'],
    'two.example': ['v=spf1 ip4:192.0.2.0/24 exists:%{i}.x -all'],
  })
  expect(await countQuestions(ask, 'v=spf1 include:one.example ip6:2001:db8::/32 -all')).toBe(5)
  expect(await countQuestions(ask, 'v=spf1 ip4:192.0.2.1 -all redirect=one.example')).toBe(0)
  expect(await countQuestions(ask, 'v=spf1 redirect=two.example')).toBe(2)
})
