import { once } from 'node:events'
import { createServer } from 'node:http'
import { afterAll, expect, test } from 'vitest'
import { startMailings } from '../../test/mailings.ts'
import { askLinks } from '../mailings/answering.ts'
import { isPublic } from '../mailings/outside.ts'
import { askPage } from './ask-page.ts'

const asked: string[] = []
const pages = createServer((request, reply) => {
  asked.push(`${request.method} ${request.url}`)
  if (request.url === '/hangs') return
  const status = { '/gone': 404, '/head': request.method === 'HEAD' ? 500 : 200, '/in': 401, '/moved': 302 }[
    request.url ?? ''
  ]
  reply.writeHead(status ?? 200, { location: 'http://10.0.0.1/' }).end('page')
}).listen(0, '127.0.0.1')
await once(pages, 'listening')
afterAll(() => pages.close())
const address = pages.address()
const site = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
const { check, core, draft, groupOf } = await startMailings()
const linksOf = async (html: string) =>
  (await check((await draft({ html, groupIds: [await groupOf(['ann'])] })).id)).findings.filter(
    (one) => one.check === 'links',
  )

test('a page that is gone is something to look at, those that answer in any way are fine', async () => {
  const html = ['gone', 'head', 'in', 'moved', ''].map((path) => `<a href="${site}/${path}">Read</a>`)
  expect(await linksOf(html.join(''))).toEqual([
    {
      check: 'links',
      level: 'look',
      title: 'Links',
      text: `“${site}/gone” answers with 404. Open it yourself to be sure.`,
    },
  ])
  const [fine, ...more] = await linksOf(html.slice(1).join(''))
  expect(more).toEqual([])
  expect(fine).toMatchObject({ level: 'passed', text: expect.stringContaining('4 of 4 pages answer.') })
})

test('an answer is kept, and neither the way out nor any other page of the program is asked', async () => {
  const before = asked.length
  await linksOf(`<a href="${site}/gone#part">Read</a><a href="${core.config.baseUrl}/o">Out</a>`)
  expect(asked.slice(before)).toEqual([])
  expect(asked.filter((line) => line.includes('/o/'))).toEqual([])
})

test('a link into the network of the server is not asked for, by whatever name (SE-6)', async () => {
  const before = asked.length
  const outside = { ...core, config: { ...core.config, baseUrl: 'https://mail.fernmoor.example' } }
  const port = new URL(site).port
  const hosts = [
    '127.0.0.1',
    'localhost',
    '2130706433',
    '0177.0.0.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '0',
  ]
  const html = hosts.map((host) => `<a href="http://${host}:${port}/secret">x</a>`).join('')
  const answers = await askLinks(outside, askPage, html)
  expect(answers.length).toBeGreaterThanOrEqual(5)
  for (const { fault } of answers) expect(fault).toBe('leads to an address that is not public, so it was not asked')
  expect(asked.slice(before)).toEqual([])
})

test.each([
  ['10.1.2.3', false],
  ['172.16.0.1', false],
  ['192.168.1.1', false],
  ['169.254.169.254', false],
  ['100.64.0.1', false],
  ['fd00:ec2::254', false],
  ['fe80::1', false],
  ['::ffff:10.0.0.1', false],
  ['64:ff9b::a00:1', false],
  ['0.0.0.0', false],
  ['8.8.8.8', true],
  ['2606:4700::1111', true],
])('%s is public: %s (SE-6)', (which, expected) => expect(isPublic(which)).toBe(expected))
