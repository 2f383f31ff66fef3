import { spawnSync } from 'node:child_process'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dkimVerify } from 'mailauth/lib/dkim/verify.js'
import { afterAll, expect, test } from 'vitest'
import { dkimKeyFile } from '../../test/smtp.ts'
import { openSigner } from './dkim.ts'

const folder = mkdtempSync(join(tmpdir(), 'last-word-dkim-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const publicKey = createPublicKey(readFileSync(dkimKeyFile)).export({ type: 'spki', format: 'der' }).toString('base64')
const sign = openSigner({ domain: 'fernmoor.example', selector: 'lw1', keyFile: dkimKeyFile })

const message = (body = 'Good day\r\n\r\nDear  Ann \t of  Fernmoor\r\n\r\n\r\n') =>
  Buffer.from(
    [
      'Date: Fri, 01 May 2026 12:00:00 +0000',
      'From: "Fernmoor Garden" <news@fernmoor.example>',
      'To: ann@post.example',
      'Reply-To: hello@fernmoor.example',
      'Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=\r\n =?UTF-8?Q?_aus_Fernmoor?=',
      'Message-ID: <ref@fernmoor.example>',
      'List-Unsubscribe: <https://mail.fernmoor.example/o/token>',
      'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
      'List-Id: "Fernmoor" <1.list.fernmoor.example>',
      'Feedback-ID: 1:2:mailing:lastword',
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      '',
      body,
    ].join('\r\n'),
  )

async function verify(raw: Buffer) {
  const { results } = await dkimVerify(raw, { resolver: async () => [[`v=DKIM1; k=rsa; p=${publicKey}`]] })
  const [only] = results
  if (!only || results.length > 1) throw new Error('there is not one signature')
  return only
}
const resultOf = async (raw: Buffer) => (await verify(raw)).status.result

const at = new Date()

test('a signed message verifies and covers both opt-out headers (AU-1, OC-4)', async () => {
  const verdict = await verify(await sign(message(), at))
  expect(verdict.status.result).toBe('pass')
  expect(verdict.algo).toBe('rsa-sha256')
  expect(verdict.format).toBe('relaxed/relaxed')
  const signature =
    (await sign(message(), at))
      .toString()
      .split('\r\nDate:')[0]
      ?.replace(/\r\n\s/g, '') ?? ''
  expect(signature).not.toMatch(/ l=/)
  const names = /h=([^;]+);/.exec(signature)?.[1]?.replace(/\s/g, '').split(':') ?? []
  for (const name of ['from', 'subject', 'to', 'date', 'reply-to', 'list-unsubscribe', 'list-unsubscribe-post'])
    expect(names.filter((signed) => signed === name)).toHaveLength(2)
  for (const name of ['list-id', 'feedback-id', 'message-id', 'mime-version', 'content-type'])
    expect(names).toContain(name)
})

test.each(['', '\r\n', '\r\n\r\n', 'no line end', 'a  b\t\tc  \r\n \r\n', '.\r\n..\r\n', ' \r\n'])(
  'the body %j verifies',
  async (body) => {
    expect(await resultOf(await sign(message(body), at))).toBe('pass')
  },
)

test('lines of the signature have at most 78 characters', async () => {
  const [head = ''] = (await sign(message(), at)).toString().split('\r\nDate:')
  for (const line of head.split('\r\n')) expect(line.length).toBeLessThanOrEqual(78)
})

test('nobody on the way can add, change or take away a way out (OC-5)', async () => {
  const signed = (await sign(message(), at)).toString()
  for (const name of ['List-Unsubscribe', 'List-Unsubscribe-Post', 'From', 'Subject', 'To', 'Date', 'Reply-To']) {
    expect(await resultOf(Buffer.from(`${name}: <https://evil.example/>\r\n${signed}`))).not.toBe('pass')
    expect(
      await resultOf(Buffer.from(signed.replace(`\r\n${name}:`, `\r\n${name}: <https://evil.example/>\r\n${name}:`))),
    ).not.toBe('pass')
    expect(await resultOf(Buffer.from(signed.replace(new RegExp(`\\r\\n${name}: [^\\r]+`), '')))).not.toBe('pass')
  }
  expect(await resultOf(Buffer.from(signed.replace('/o/token', '/o/other')))).not.toBe('pass')
  expect(await resultOf(Buffer.from(signed.replace('Dear', 'Dead')))).not.toBe('pass')
})

test('a key that cannot sign says so at the start', () => {
  const write = (name: string, text: string | Buffer) => {
    writeFileSync(join(folder, name), text)
    return { domain: 'd.example', selector: 's', keyFile: join(folder, name) }
  }
  expect(() => openSigner({ domain: 'd', selector: 's', keyFile: join(folder, 'absent') })).toThrow(/DKIM_KEY_FILE/)
  expect(() => openSigner(write('text', 'hello'))).toThrow(/no private key/)
  const ed25519 = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })
  expect(() => openSigner(write('ed25519', ed25519))).toThrow(/RSA key/)
})

// opendkim asks the resolver of the machine; in a network of its own that is the small name server below.
const tools = ['/usr/sbin/opendkim-testmsg', '/usr/bin/unshare', '/usr/sbin/ip'].every((path) => existsSync(path))
const mayIsolate = tools && spawnSync('unshare', ['-m', '-n', 'ip', 'link', 'set', 'lo', 'up']).status === 0

test.skipIf(!mayIsolate)(
  'OpenDKIM verifies a signed message and refuses a second List-Unsubscribe (OC-5)',
  async () => {
    const signed = (await sign(message(), at)).toString()
    writeFileSync(join(folder, 'resolv.conf'), 'nameserver 127.0.0.1\n')
    writeFileSync(join(folder, 'dns.cjs'), nameServer(`v=DKIM1; k=rsa; p=${publicKey}`))
    const check = (text: string) => {
      const script = `ip link set lo up && mount --bind ${folder}/resolv.conf /etc/resolv.conf
      ${process.execPath} ${folder}/dns.cjs & dns=$!
      until [ -e ${folder}/ready ]; do sleep 0.05; done; opendkim-testmsg; code=$?; kill $dns; rm ${folder}/ready; exit $code`
      return spawnSync('unshare', ['-m', '-n', 'sh', '-c', script], { input: text, encoding: 'utf8' })
    }
    expect(check(signed)).toMatchObject({ status: 0, stdout: '' })
    const forged = check(`List-Unsubscribe: <https://evil.example/>\r\n${signed}`)
    expect(forged.status).not.toBe(0)
    expect(`${forged.stdout}${forged.stderr}`).toMatch(/signature|Bad/i)
  },
)

/** Answers every question with one TXT record (RFC 1035 §4). */
function nameServer(text: string): string {
  const strings = text.match(/.{1,200}/g) ?? []
  return `
    const socket = require('node:dgram').createSocket('udp4')
    const data = Buffer.concat(${JSON.stringify(strings)}.map((s) => Buffer.concat([Buffer.from([s.length]), Buffer.from(s)])))
    socket.on('message', (query, from) => {
      let end = 12
      while (query[end] !== 0) end += query[end] + 1
      const header = Buffer.from([query[0], query[1], 0x85, 0x80, 0, 1, 0, 1, 0, 0, 0, 0])
      const answer = Buffer.from([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, data.length >> 8, data.length & 255])
      socket.send(Buffer.concat([header, query.subarray(12, end + 5), answer, data]), from.port, from.address)
    })
    socket.bind(53, '127.0.0.1', () => require('node:fs').writeFileSync(__dirname + '/ready', ''))`
}
