import sharp from 'sharp'
import { beforeAll, expect, test } from 'vitest'
import { type Program, startProgram } from '../../test/program.ts'
import type { Image } from './image.contract.ts'

let program: Program
beforeAll(async () => {
  program = await startProgram({ jobs: false })
})

const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#1d5b3c' } })

async function upload(content: Uint8Array, name: string) {
  const form = new FormData()
  form.set('file', new Blob([new Uint8Array(content)]), name)
  const answer = await fetch(`${program.url}/api/v1/images`, {
    method: 'POST',
    headers: { authorization: `Bearer ${program.apiKey}` },
    body: form,
  })
  const body: Image & { code: string } = await answer.json()
  return { status: answer.status, body }
}

test('a picture is made no wider than 1200 pixels and served to everybody, for a year, with safe headers', async () => {
  const { status, body } = await upload(await picture(3000, 2000).jpeg().toBuffer(), 'holiday.exe')
  expect({ status, body }).toMatchObject({ status: 201, body: { name: 'holiday.exe', width: 1200, height: 800 } })
  const shown = await fetch(program.url + body.path)
  expect(shown.status).toBe(200)
  expect(Object.fromEntries(shown.headers)).toMatchObject({
    'content-type': 'image/jpeg',
    'cache-control': 'public, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
    'cross-origin-resource-policy': 'cross-origin',
  })
  expect((await sharp(Buffer.from(await shown.arrayBuffer())).metadata()).width).toBe(1200)
  const { items } = (await program.api<{ items: Image[] }>('GET', '/images')).body
  expect(items.map(({ id }) => id)).toContain(body.id)
})

test.each(['png', 'gif', 'webp'] as const)('a %s picture keeps its kind', async (kind) => {
  const { status, body } = await upload(await picture(40, 30).toFormat(kind).toBuffer(), 'small')
  expect(status).toBe(201)
  expect(body).toMatchObject({ width: 40, height: 30 })
  expect(body.path).toMatch(new RegExp(`^/m/[A-Za-z0-9_-]{24}\\.${kind}$`))
})

test('an animated GIF still moves', async () => {
  const frames = await sharp(
    [
      await picture(20, 10).png().toBuffer(),
      await sharp({ create: { width: 20, height: 10, channels: 3, background: '#fff' } })
        .png()
        .toBuffer(),
    ],
    { join: { animated: true } },
  )
    .gif()
    .toBuffer()
  const { body } = await upload(frames, 'moving.gif')
  expect(body).toMatchObject({ width: 20, height: 10 })
  const shown = await fetch(program.url + body.path)
  expect((await sharp(Buffer.from(await shown.arrayBuffer())).metadata()).pages).toBe(2)
})

test('what is no picture is refused by its content, whatever its name', async () => {
  const vector = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'
  for (const text of [vector, '<html>', ''])
    expect(await upload(Buffer.from(text), 'holiday.png')).toMatchObject({
      status: 400,
      body: { code: 'image.invalid' },
    })
  const whole = await picture(400, 300).jpeg().toBuffer()
  expect((await upload(whole.subarray(0, 200), 'cut.jpg')).status).toBe(400)
  expect((await upload(Buffer.alloc(10 * 1024 * 1024 + 1), 'large.png')).status).toBe(413)
})

test('the path of a picture must be known whole', async () => {
  const { body } = await upload(await picture(10, 10).png().toBuffer(), 'p.png')
  for (const path of ['/m/x.png', body.path.replace('.png', '.jpg'), body.path.slice(0, -6) + '.png', '/m/..%2f..'])
    expect((await fetch(program.url + path)).status).toBe(404)
})
