// The pages that recipients see, as they see them: without JavaScript, narrow, in light and dark, by keyboard.
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from '@playwright/test'
import { expect, type Program, test } from './program.ts'

type Added = { id: string }
type Letters = { items: { id: string; recipient: string }[] }

let made = 0

/** Sends a mailing to somebody new and takes the opt-out link from the letter in the built-in mailbox. */
async function linkFromMail({ api }: Program): Promise<{ address: string; link: string }> {
  const address = `reader.${++made}@post.example`
  await api('PATCH', '/account', {
    name: 'Fernmoor Garden',
    senderName: 'Fernmoor Garden',
    senderAddress: 'news@fernmoor.example',
    postalAddress: '4 Glasshouse Lane, Fernmoor FM1 2GH',
    contactUrl: 'mailto:hello@fernmoor.example',
  })
  const group = await api<Added>('POST', '/groups', { name: `Readers ${made}` })
  await api('POST', '/contacts', { address, groupIds: [group.id] })
  const mailing = await api<Added>('POST', '/mailings', {
    name: `News ${made}`,
    subject: 'News',
    html: '<p>Good day</p>',
    groupIds: [group.id],
  })
  await api('POST', `/mailings/${mailing.id}/send`, {})
  let letter: Letters['items'][number] | undefined
  await expect
    .poll(async () => {
      const { items } = await api<Letters>('GET', '/mailbox')
      letter = items.find(({ recipient }) => recipient === address)
      return letter !== undefined
    })
    .toBe(true)
  const { oneClickUrl } = await api<{ oneClickUrl: string }>('GET', `/mailbox/${letter?.id ?? ''}`)
  return { address, link: oneClickUrl }
}

async function bare(browser: Browser, options: object = {}): Promise<Page> {
  const context = await browser.newContext({
    javaScriptEnabled: false,
    viewport: { width: 320, height: 480 },
    ...options,
  })
  return context.newPage()
}

test('a reader opts out with the keyboard, without JavaScript and cookies, on one page (LW-2, UX-2, UX-6, UX-9)', async ({
  browser,
  program,
}) => {
  const { link } = await linkFromMail(program)
  const page = await bare(browser)
  const asked: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  await page.goto(link)
  await expect(page).toHaveTitle('Opt out of mail from Fernmoor Garden')
  await expect(page.getByRole('main').getByText('r***@p***.example')).toBeVisible()
  const button = page.getByRole('button')
  await expect(button).toHaveText(['Opt out'])
  const box = await button.boundingBox()
  expect(box && box.y + box.height).toBeLessThan(480)
  await page.keyboard.press('Tab')
  await expect(button).toBeFocused()
  await page.keyboard.press('Enter')

  await expect(page.getByRole('heading', { level: 1, name: 'You are opted out' })).toBeFocused()
  await expect(page.getByRole('status')).toHaveText(/^In effect since .+ UTC$/)
  await expect(page.getByRole('button')).toHaveCount(0)
  expect(await page.context().cookies()).toEqual([])
  expect(new Set(asked.map((url) => new URL(url).origin))).toEqual(new Set([program.url]))

  await page.goto(link)
  await expect(page.getByRole('heading', { level: 1, name: 'You are opted out' })).toBeVisible()
  await page.getByRole('link', { name: 'your preferences' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'You are opted out' })).toBeVisible()
  await page.getByRole('link', { name: 'Sign up again' }).click()
  await expect(page.getByRole('button', { name: 'Sign up' })).toBeVisible()
  await page.context().close()
})

test('a reader with half a link types the address, and a mistake is said beside the field (OC-17, UX-5)', async ({
  browser,
  program,
}) => {
  const { link, address } = await linkFromMail(program)
  const page = await bare(browser)
  await page.goto(link.slice(0, -7))
  await expect(page.getByRole('heading', { level: 1, name: 'This link is not complete' })).toBeVisible()
  await page.getByLabel('Email address').fill('reader')
  await page.getByRole('button', { name: 'Opt out' }).click()
  await expect(page.getByLabel('Email address')).toBeFocused()
  await expect(page.getByLabel('Email address')).toHaveAccessibleDescription(/An address looks like/)
  await page.getByLabel('Email address').fill(address)
  await page.getByRole('button', { name: 'Opt out' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'You are opted out' })).toBeFocused()
  await page.goto(link)
  await expect(page.getByRole('status')).toBeVisible()
  await page.context().close()
})

test('a reader changes the language, and the page turns round for Arabic (UX-11)', async ({ browser, program }) => {
  const { link } = await linkFromMail(program)
  const page = await bare(browser, { locale: 'de-AT' })
  await page.goto(link)
  await expect(
    page.getByRole('heading', { level: 1, name: 'Alle E-Mails von Fernmoor Garden abbestellen?' }),
  ).toBeVisible()
  await page.getByRole('link', { name: 'العربية' }).click()
  await expect(page.locator('html')).toHaveAttribute('dir', 'rtl')
  await page.getByRole('button', { name: 'إلغاء الاشتراك' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'أُلغي اشتراكك' })).toBeFocused()
  await page.context().close()
})

const looks = [
  { lang: 'en', colorScheme: 'light' },
  { lang: 'de', colorScheme: 'light' },
  { lang: 'ar', colorScheme: 'dark' },
] as const
for (const { lang, colorScheme } of looks)
  test(`every public page passes axe and fits 320 px: ${colorScheme}, ${lang} (UX-1, UX-3, UX-4)`, async ({
    browser,
    program,
  }) => {
    const { link } = await linkFromMail(program)
    const { pathname, origin } = new URL(link)
    // axe itself needs JavaScript; the pages bring none.
    const context = await browser.newContext({ colorScheme, viewport: { width: 320, height: 480 }, bypassCSP: true })
    const page = await context.newPage()
    const look = async (name: string) => {
      const { violations } = await new AxeBuilder({ page })
        .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
        .analyze()
      expect(violations.map(({ id, nodes }) => `${name}: ${id} ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([])
      const [content, width] = await page.evaluate(
        () => [document.documentElement.scrollWidth, document.documentElement.clientWidth] as const,
      )
      expect(content, name).toBeLessThanOrEqual(width)
    }
    const { id: account } = await program.api<Added>('GET', '/account')
    for (const path of [pathname, pathname.replace('/o/', '/p/'), '/o/broken', `/s/${account}`, '/s/none']) {
      await page.goto(`${origin}${path}?lang=${lang}`)
      await look(path.slice(0, 9))
    }
    await page.goto(`${origin}/o/broken?lang=${lang}`)
    await page.getByRole('button').click()
    await look('mistake')
    await page.goto(`${link}?lang=${lang}`)
    await page.getByRole('button').click()
    await look('done')
    await context.close()
  })
