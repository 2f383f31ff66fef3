// Writing a mailing: with the keyboard alone, with undo, from templates, and what each template looks like.
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { inspect, looks } from './inspect.ts'
import { expect, type Program, test } from './program.ts'
import { signIn, signInAnyWidth } from './sign-in.ts'

type Made = { id: string }
type Written = {
  html: string
  text: string
  source: { kind: string; design: { blocks: { kind: string; text?: string }[] } }
}

const sender = (program: Program) =>
  program.api('PATCH', '/account', {
    senderName: 'Fernmoor Garden',
    senderAddress: 'news@fernmoor.example',
    postalAddress: '4 Glasshouse Lane, Fernmoor FM1 2GH',
  })

/** Presses Tab until the thing with this name has the focus, as somebody without a mouse does. */
async function tabTo(page: Page, name: RegExp, key = 'Tab') {
  for (let step = 0; step < 80; step++) {
    const here = await page.evaluate(() => {
      const element = document.activeElement
      if (!(element instanceof HTMLElement)) return ''
      const labels =
        element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement ? element.labels : null
      return element.getAttribute('aria-label') ?? labels?.[0]?.textContent ?? element.textContent ?? ''
    })
    if (name.test(here.trim())) return
    await page.keyboard.press(key)
  }
  throw new Error(`the focus never came to ${name}`)
}

const blocksOf = async ({ api }: Program, id: string) =>
  (await api<Written>('GET', `/mailings/${id}`)).source.design.blocks.map(({ kind, text }) => `${kind}:${text ?? ''}`)

test('a mailing is written with the keyboard alone, from its name to the check', async ({ page, program }) => {
  await sender(program)
  const { id: groupId } = await program.api<Made>('POST', '/groups', { name: 'Keys' })
  await program.api('POST', '/contacts', { address: 'keys@post.example', groupIds: [groupId] })
  await signIn(page, program)
  const { keyboard } = page
  await tabTo(page, /^Mailings$/)
  await keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1, name: 'Mailings' })).toBeVisible()
  await tabTo(page, /^New mailing$/)
  await keyboard.press('Enter')
  await expect(page.getByRole('dialog').getByLabel('Name')).toBeFocused()
  await keyboard.type('By keyboard')
  await keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1, name: 'By keyboard' })).toBeVisible()
  await tabTo(page, /^Subject/)
  await keyboard.type('The glasshouse glows')
  await tabTo(page, /^Heading/)
  await keyboard.press('Enter')
  await tabTo(page, /^Heading$/)
  await tabTo(page, /^Merge point$/)
  await keyboard.press('Tab')
  await keyboard.type('Lantern evenings')
  await tabTo(page, /^Text$/)
  await keyboard.press('Enter')
  await tabTo(page, /^Merge point$/)
  await keyboard.press('Tab')
  await keyboard.type('Dear ')
  await keyboard.press('Control+b')
  await keyboard.type('reader')
  await tabTo(page, /^Add a block$/)
  await keyboard.press('Enter')
  await expect(page.getByRole('menuitem', { name: 'Button' })).toBeVisible()
  for (let step = 0; step < 9; step++) {
    if (await page.getByRole('menuitem', { name: 'Button' }).evaluate((item) => item === document.activeElement)) break
    await keyboard.press('ArrowDown')
  }
  await keyboard.press('Enter')
  await expect(page.getByRole('textbox', { name: 'Text', exact: true })).toBeFocused()
  await keyboard.type('Book a place')
  await keyboard.press('Tab')
  await keyboard.type('https://fernmoor.example/book')
  await tabTo(page, /^Button: Book a place$/, 'Shift+Tab')
  await keyboard.press('Alt+ArrowUp')
  await expect(page.getByRole('status').filter({ hasText: 'Button is at place 2 of 4.' })).toBeAttached()
  await expect(page.getByRole('button', { name: 'Button: Book a place' })).toBeFocused()
  const id = page.url().split('/').at(-1) ?? ''
  await expect
    .poll(() => blocksOf(program, id))
    .toEqual(['heading:Lantern evenings', 'button:Book a place', 'text:Dear **reader**', 'footer:'])
  await expect(page.getByText(/^Draft, saved/)).toBeVisible()
  await expect(page.frameLocator('iframe').getByRole('link', { name: 'Book a place' })).toBeVisible()
  await expect(page.frameLocator('iframe').getByRole('link', { name: 'Opt out' })).toBeVisible()
  await tabTo(page, /^Choose audience$/, 'Shift+Tab')
  await keyboard.press('Enter')
  await expect(page.getByRole('checkbox', { name: 'Keys' })).toBeVisible()
  await page.getByRole('checkbox', { name: 'Keys' }).focus()
  await keyboard.press('Space')
  await tabTo(page, /^Check and send$/)
  await keyboard.press('Enter')
  await expect(page.getByRole('button', { name: 'Send to 1 person' })).toBeVisible()
})

async function fresh(page: Page, program: Program, name: string, source: object) {
  const { id } = await program.api<Made>('POST', '/mailings', { name, subject: 'Hello', source })
  await page.goto(`${program.url}/mailings/${id}`)
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible()
  return id
}
const footer = { kind: 'footer', id: 'f', align: 'left', colour: '#4f5b54', ground: '#f6f8f6' }
const blocks = (...texts: string[]) => ({
  kind: 'blocks',
  design: {
    previewText: '',
    accent: '#1d5b3c',
    ground: '#eef2ef',
    font: 'sans',
    blocks: [...texts.map((text, index) => ({ kind: 'text', id: `t${index}`, text, align: 'left' })), footer],
  },
})

test('undo brings back what was removed, redo takes it away; dragging moves; the footer cannot be removed', async ({
  page,
  program,
}) => {
  await signIn(page, program)
  const id = await fresh(page, program, 'Steps', blocks('one', 'two', 'three'))
  await expect(page.getByRole('button', { name: 'Undo' })).toBeDisabled()
  await page.getByRole('button', { name: 'Remove Text 2' }).click()
  await expect.poll(() => blocksOf(program, id)).toEqual(['text:one', 'text:three', 'footer:'])
  await page.keyboard.press('Control+z')
  await expect.poll(() => blocksOf(program, id)).toEqual(['text:one', 'text:two', 'text:three', 'footer:'])
  await page.getByRole('button', { name: 'Redo' }).click()
  await expect.poll(() => blocksOf(program, id)).toEqual(['text:one', 'text:three', 'footer:'])
  await page.getByRole('button', { name: 'Text: three' }).dragTo(page.getByRole('button', { name: 'Text: one' }))
  await expect.poll(() => blocksOf(program, id)).toEqual(['text:three', 'text:one', 'footer:'])
  await expect(page.getByRole('button', { name: /^Remove Footer/ })).toHaveCount(0)
  await page.getByRole('button', { name: 'Footer: always there' }).focus()
  await page.keyboard.press('Delete')
  await expect(page.getByRole('button', { name: 'Footer: always there' })).toBeVisible()
})

test('what is typed while a save is under way is kept, in its order', async ({ page, program }) => {
  await signIn(page, program)
  const id = await fresh(page, program, 'Slow', blocks('one'))
  let first = true
  await page.route(`**/api/v1/mailings/${id}`, async (route) => {
    if (route.request().method() === 'PATCH' && first) {
      first = false
      await new Promise((resolve) => setTimeout(resolve, 2500))
    }
    await route.continue()
  })
  await page.getByLabel('Subject').fill('First words')
  await expect(page.getByText('Draft, saving')).toBeVisible()
  await page.getByLabel('Subject').fill('Last words')
  await page.getByRole('button', { name: 'Text: one' }).click()
  await page.getByRole('textbox', { name: 'Text', exact: true }).fill('two')
  await expect
    .poll(async () => (await program.api<{ subject: string }>('GET', `/mailings/${id}`)).subject)
    .toBe('Last words')
  await expect.poll(() => blocksOf(program, id)).toEqual(['text:two', 'footer:'])
  await expect(page.getByLabel('Subject')).toHaveValue('Last words')
})

test('MJML that cannot be read says in which line, and is not lost', async ({ page, program }) => {
  await signIn(page, program)
  await fresh(page, program, 'Source', { kind: 'mjml', mjml: '<mjml><mj-body></mj-body></mjml>' })
  const wrong = '<mjml>\n<mj-body>\n<mj-bogus />\n</mj-body>\n</mjml>'
  await page.getByRole('textbox', { name: 'MJML' }).fill(wrong)
  await expect(page.getByText(/^Not saved\. MJML: line 3, mj-bogus/)).toBeVisible()
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Home' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Stay' }).click()
  await expect(page.getByRole('textbox', { name: 'MJML' })).toHaveValue(wrong)
  await page.getByRole('radiogroup', { name: 'Way of writing' }).getByText('Markdown').click()
  await page.getByRole('textbox', { name: 'Markdown' }).fill('# Hello from Markdown')
  await expect(page.frameLocator('iframe').getByRole('heading', { name: 'Hello from Markdown' })).toBeVisible()
})

test('a picture is uploaded, a mailing becomes a template, and another begins with it', async ({ page, program }) => {
  await signIn(page, program)
  await fresh(page, program, 'With a picture', blocks('Greeting'))
  await page.getByRole('button', { name: 'Add a block' }).click()
  await page.getByRole('menuitem', { name: 'Image' }).click()
  const dot = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M/wHwAEBgIApD5fRAAAAABJRU5ErkJggg=='
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Upload a picture' }).click()
  await (await chooser).setFiles({ name: 'dot.png', mimeType: 'image/png', buffer: Buffer.from(dot, 'base64') })
  await page.getByLabel('Alternative text').fill('A green dot')
  const shown = page.frameLocator('iframe').getByAltText('A green dot')
  await expect(shown).toHaveAttribute('src', new RegExp(`^${program.url}/m/`))
  await page.getByRole('button', { name: 'Save as template' }).click()
  await page.getByRole('dialog').getByLabel('Name').fill('Green')
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await page.goto(`${program.url}/mailings/templates`)
  await page.getByRole('button', { name: 'Use Green' }).click()
  await page.getByRole('dialog').getByLabel('Name').fill('From green')
  await page.getByRole('button', { name: 'Write mailing' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'From green' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Image: A green dot' })).toBeVisible()
})

for (const { colorScheme, width } of looks)
  test(`the editor and the templates are sound in ${colorScheme} at ${width} pixels`, async ({ browser, program }) => {
    await sender(program)
    const viewport = { width, height: width === 390 ? 844 : 860 }
    const context = await browser.newContext({ colorScheme, reducedMotion: 'reduce', viewport })
    const page = await context.newPage()
    await signInAnyWidth(page, program)
    await page.goto(`${program.url}/mailings/templates`)
    await expect(page.getByRole('heading', { name: 'Announcement' })).toBeVisible()
    await page.waitForLoadState('networkidle')
    await inspect(page, 'templates')
    await fresh(page, program, 'Looked at', blocks('Some words'))
    await page.getByRole('button', { name: 'Text: Some words' }).click()
    await page.waitForLoadState('networkidle')
    await inspect(page, 'mailing-blocks')
    await context.close()
  })

test('each template reads well in light and dark, at a desk and on a phone', async ({ browser, program }) => {
  await sender(program)
  type Starters = { starters: { key: string; source: object }[] }
  const { starters } = await program.api<Starters>('GET', '/templates')
  expect(starters).toHaveLength(6)
  const directory = process.env['SCREENS_DIR']
  for (const { key, source } of starters) {
    const { html } = await program.api<{ html: string }>('POST', '/templates/preview', { source })
    for (const colorScheme of ['light', 'dark'] as const)
      for (const width of [1280, 390]) {
        const page = await browser.newPage({ colorScheme, viewport: { width, height: 844 } })
        await page.setContent(html)
        if (directory)
          await page.screenshot({
            path: join(directory, `template-${key}-${width}-${colorScheme}.png`),
            fullPage: true,
          })
        const faint = await page.evaluate(faintWords)
        expect.soft(faint, `${key}, ${colorScheme}, ${width}`).toEqual([])
        const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
        expect.soft(wider, `${key} is wider than ${width}`).toBeLessThanOrEqual(0)
        if (colorScheme === 'dark') expect.soft(await page.evaluate(lightPlaces), `${key}, ${width}`).toEqual([])
        await page.close()
      }
  }
})

/** Grounds at the edges of the mail that stay light in the dark. */
function lightPlaces(): string[] {
  const edges = [2, innerWidth - 3].flatMap((x) => [2, 200].map((y) => document.elementFromPoint(x, y)))
  return edges.flatMap((element) => {
    const ground = element ? getComputedStyle(element).backgroundColor : 'nothing'
    const [red = 255] = (ground.match(/[\d.]+/g) ?? []).map(Number)
    return red > 60 ? [ground] : []
  })
}

/** Words that stand out from the ground behind them less than 4.5:1, as the browser shows them. */
function faintWords(): string[] {
  const read = (text: string) => (text.match(/[\d.]+/g) ?? []).map(Number)
  const light = ([red = 0, green = 0, blue = 0]: number[]) => {
    const [r = 0, g = 0, b = 0] = [red, green, blue].map((part) =>
      part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4,
    )
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const groundOf = (element: Element | null): number[] => {
    if (!element) return [255, 255, 255]
    const ground = read(getComputedStyle(element).backgroundColor)
    return (ground[3] ?? 1) === 0 ? groundOf(element.parentElement) : ground
  }
  const found: string[] = []
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement
    if (!element || !/\p{L}/u.test(node.textContent ?? '') || element.getClientRects().length === 0) continue
    const [one, other] = [light(read(getComputedStyle(element).color)), light(groundOf(element))].sort((a, b) => b - a)
    if (((one ?? 0) + 0.05) / ((other ?? 0) + 0.05) < 4.5) found.push(`${node.textContent?.trim().slice(0, 40)}`)
  }
  return found
}
