import { expect, test } from 'vitest'
import { readConfig } from './config.ts'
import { readDomainLimits, readRelays } from './relay.ts'

const there = (text: string) => readRelays(text, 10)

test('one relay has all connections and no limit', () => {
  expect(there('smtps://ann:se%20cret@mail.example')).toEqual([
    {
      host: 'mail.example',
      port: 465,
      implicitTls: true,
      plain: false,
      user: 'ann',
      password: 'se cret',
      weight: 1,
      connections: 10,
    },
  ])
})

test('several relays share the connections by weight, and say their limits', () => {
  const relays = there(
    'smtp://a.example?weight=3&perHour=5000 smtp://b.example:2525?perMinute=60\n smtps://c.example?connections=2',
  )
  expect(relays.map(({ host, port, connections, limit }) => ({ host, port, connections, limit }))).toEqual([
    { host: 'a.example', port: 587, connections: 6, limit: { most: 5000, seconds: 3600 } },
    { host: 'b.example', port: 2525, connections: 2, limit: { most: 60, seconds: 60 } },
    { host: 'c.example', port: 465, connections: 2, limit: undefined },
  ])
})

test('a relay that cannot be used as it is written stops the start with the reason', () => {
  expect(() => there('ftp://a.example')).toThrow(/looks like smtps:/)
  expect(() => there('smtp://a.example?wait=3')).toThrow(/\?wait is not known/)
  expect(() => there('smtp://a.example?weight=0')).toThrow(/weight is a whole number/)
  expect(() => there('smtp://a.example?perHour=1&perMinute=1')).toThrow(/not both/)
  expect(() => there('smtp://a.example smtp://a.example:587')).toThrow(/twice/)
  expect(() => there('smtp://a.example?tls=none')).toThrow(/on this machine/)
  expect(() => there('smtp://ann:x@127.0.0.1?tls=none')).toThrow(/without TLS/)
})

test('every one of several relays is held to the rule about links that only this machine can open', () => {
  const smtp = 'smtp://127.0.0.1:25?tls=none smtp://relay.example'
  expect(() => readConfig({ SMTP_URL: smtp })).toThrow(/leads to relay\.example/)
  const { smtp: first, moreRelays } = readConfig({ SMTP_URL: smtp, BASE_URL: 'https://mail.example' })
  expect([first?.host, ...moreRelays.map(({ host }) => host)]).toEqual(['127.0.0.1', 'relay.example'])
})

test('limits of domains are messages a minute', () => {
  expect(readDomainLimits('Gmail.com=600  outlook.com=300')).toEqual(
    new Map([
      ['gmail.com', 600],
      ['outlook.com', 300],
    ]),
  )
  expect(() => readDomainLimits('gmail=600')).toThrow(/cannot be used/)
  expect(() => readDomainLimits('gmail.com=many')).toThrow(/whole number/)
})
