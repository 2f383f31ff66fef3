// The preferences page as a recipient uses it, and what operators see of it.
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { inspect, looks } from './inspect.ts'
import { expect, type Program, test } from './program.ts'
import { signIn, signInAnyWidth } from './sign-in.ts'
import { bare, confirmLink, pressSignUp } from './visitor.ts'

type Added = { id: string }
type Letters = { items: { id: string; recipient: string }[] }
type Record = { status: string; topics: { name: string; chosen: boolean }[]; pausedUntil: string | null }

let made = 0

/** A new contact, and the preferences link from a letter that it got. */
async function reader({ api }: Program): Promise<{ id: string; address: string; page: string }> {
  const address = `pia.reads.${++made}@post.example`
  await api('PATCH', '/account', {
    name: 'Fernmoor Garden',
    senderName: 'Fernmoor Garden',
    senderAddress: 'news@fernmoor.example',
    postalAddress: '4 Glasshouse Lane, Fernmoor FM1 2GH',
  })
  const group = await api<Added>('POST', '/groups', { name: `Preference readers ${made}` })
  const { id } = await api<Added>('POST', '/contacts', { address, groupIds: [group.id] })
  const mailing = { name: `Leaves ${made}`, subject: 'Leaves', html: '<p>Good day</p>', groupIds: [group.id] }
  const { id: mailingId } = await api<Added>('POST', '/mailings', mailing)
  await api('POST', `/mailings/${mailingId}/send`, {})
  let letter: Letters['items'][number] | undefined
  await expect
    .poll(async () => {
      letter = (await api<Letters>('GET', '/mailbox')).items.find(({ recipient }) => recipient === address)
      return letter !== undefined
    })
    .toBe(true)
  const { oneClickUrl } = await api<{ oneClickUrl: string }>('GET', `/mailbox/${letter?.id ?? ''}`)
  return { id, address, page: oneClickUrl.replace('/o/', '/p/') }
}

/** What the account offers, made once whoever comes first. */
async function offers({ api }: Program) {
  const { items } = await api<{ items: { name: string }[] }>('GET', '/topics')
  if (items.some(({ name }) => name === 'Garden news')) return
  await api('POST', '/topics', {
    name: 'Garden news',
    description: 'What is in flower, opening hours. About twice a month.',
  })
  await api('POST', '/topics', { name: 'Plant sales', description: 'Spring and autumn. Four times a year.' })
  await api('POST', '/fields', { label: 'Garden size', type: 'number', editable: true })
  const options = { type: 'several_of', options: ['Roses', 'Ferns'], editable: true }
  await api('POST', '/fields', { label: 'Favourite plants', ...options })
}

const recordOf = ({ api }: Program, id: string) => api<Record>('GET', `/contacts/${id}`)

async function expectFirstIsLargest(page: Page) {
  const boxes = await Promise.all((await page.getByRole('button').all()).map((button) => button.boundingBox()))
  const areas = boxes.map((box) => (box ? box.width * box.height : 0))
  expect(areas.length).toBeGreaterThan(4)
  expect(Math.max(...areas)).toBe(areas[0])
}

test('a recipient leaves one topic, pauses, leaves everything, and comes back by form and confirmation, without JavaScript (LW-3, UX-9, LW-16)', async ({
  browser,
  program,
}) => {
  await offers(program)
  const { id, address, page: link } = await reader(program)
  const page = await bare(browser, 480)
  await page.goto(link)
  await expect(page.getByRole('heading', { level: 1, name: 'Your mail from Fernmoor Garden' })).toBeVisible()
  const first = page.getByRole('button').first()
  await expect(first).toHaveText('Opt out of everything')
  const box = await first.boundingBox()
  expect(box && box.y + box.height).toBeLessThan(480)
  expect(await page.content()).not.toContain(address)

  await page.getByRole('checkbox', { name: 'Garden news' }).check()
  await page.getByRole('checkbox', { name: 'Plant sales' }).check()
  await page.getByRole('button', { name: 'Save my choice' }).click()
  await expect(page.getByRole('status')).toHaveText('Saved. In effect now.')
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused()
  await page.getByRole('checkbox', { name: 'Plant sales' }).uncheck()
  await page.getByRole('button', { name: 'Save my choice' }).click()
  expect((await recordOf(program, id)).topics).toMatchObject([
    { name: 'Garden news', chosen: true },
    { name: 'Plant sales', chosen: false },
  ])

  await page.getByLabel('How often').selectOption('Pause for 30 days')
  await page.getByRole('button', { name: 'Save my choice' }).click()
  await expect(page.getByLabel('How often')).toHaveAccessibleDescription(/^No mail is sent to you before \d+ \w+ \d{4}/)
  expect((await recordOf(program, id)).pausedUntil).not.toBeNull()

  await page.getByLabel('Garden size').fill('large')
  await page.getByRole('button', { name: 'Save my details' }).click()
  await expect(page.getByRole('alert')).toHaveText('Nothing is saved yet. Look at what is marked below.')
  await expect(page.getByLabel('Garden size')).toBeFocused()
  await expect(page.getByLabel('Garden size')).toHaveAccessibleDescription(/This is no number/)
  await page.getByLabel('Garden size').fill('250')
  await page.getByRole('button', { name: 'Save my details' }).click()
  await expect(page.getByRole('status')).toHaveText('Saved. In effect now.')
  await expect(page.getByLabel('Garden size')).toHaveValue('')

  await page.getByRole('button', { name: 'Opt out of everything' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'You are opted out' })).toBeFocused()
  expect((await recordOf(program, id)).status).toBe('opt_out')
  await page.goto(link)
  await expect(page.getByRole('heading', { level: 1, name: 'You are opted out' })).toBeVisible()
  await expect(page.getByRole('checkbox')).toHaveCount(0)

  const { signUpLink } = await program.api<{ signUpLink: string }>('GET', `/contacts/${id}`)
  await page.goto(signUpLink)
  await page.getByLabel('Email address').fill(address)
  await page.getByRole('checkbox').check()
  await pressSignUp(page)
  expect((await recordOf(program, id)).status).toBe('opt_out')
  await page.goto(await confirmLink(program, address))
  await page.getByRole('button', { name: 'Confirm' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'You are signed up' })).toBeFocused()
  expect((await recordOf(program, id)).status).toBe('active')
  await page.goto(link)
  await expect(page.getByRole('checkbox', { name: 'Garden news' })).toBeVisible()
  expect(await page.context().cookies()).toEqual([])
  await page.context().close()
})

for (const { lang, colorScheme } of [
  { lang: 'en', colorScheme: 'light' },
  { lang: 'ar', colorScheme: 'dark' },
] as const)
  test(`the whole preferences page passes axe and fits 320 px: ${colorScheme}, ${lang} (UX-1, UX-3, UX-4)`, async ({
    browser,
    program,
  }) => {
    await offers(program)
    const { page: link } = await reader(program)
    const context = await browser.newContext({ colorScheme, viewport: { width: 320, height: 480 }, bypassCSP: true })
    const page = await context.newPage()
    const look = async (name: string) => {
      const directory = process.env['SCREENS_DIR']
      if (directory) await page.screenshot({ path: `${directory}/preferences-${name}-${lang}.png`, fullPage: true })
      const { violations } = await new AxeBuilder({ page })
        .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
        .analyze()
      expect(violations.map(({ id, nodes }) => `${name}: ${id} ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([])
      const [content, width] = await page.evaluate(
        () => [document.documentElement.scrollWidth, document.documentElement.clientWidth] as const,
      )
      expect(content, name).toBeLessThanOrEqual(width)
    }
    const press = (act: string) => page.locator(`button[value=${act}]`).click()
    await page.goto(`${link}?lang=${lang}`)
    await look('page')
    await expectFirstIsLargest(page)
    await page.locator('#pause').selectOption('90')
    await press('save')
    await look('saved')
    await page.locator('#field_garden_size').fill('x')
    await press('details')
    await look('mistake')
    await press('copy')
    await look('asked')
    await press('optout')
    await page.goto(`${link}?lang=${lang}`)
    await look('done')
    await context.close()
  })

test('the way out is the largest button in German too (LW-3)', async ({ browser, program }) => {
  await offers(program)
  const { page: link } = await reader(program)
  const page = await bare(browser, 480)
  await page.goto(`${link}?lang=de`)
  await expect(page.getByRole('button').first()).toHaveText('Alles abbestellen')
  await expectFirstIsLargest(page)
  await page.context().close()
})

for (const { colorScheme, width } of looks)
  test(`an operator sees pause, topics and request, and answers it: ${colorScheme}, ${width}`, async ({
    browser,
    program,
  }) => {
    await offers(program)
    const { id, address, page: link } = await reader(program)
    const { items } = await program.api<{ items: { id: string; name: string }[] }>('GET', '/topics')
    const news = items.find(({ name }) => name === 'Garden news')?.id ?? ''
    for (const form of [{ act: 'save', offered: news, topic: news, pause: '60' }, { act: 'copy' }])
      await fetch(link, { method: 'POST', body: new URLSearchParams(form) })
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 860 } })
    const page = await context.newPage()
    await signInAnyWidth(page, program)
    await page.goto(`${program.url}/audience/requests`)
    await expect(page.getByRole('heading', { level: 1, name: 'Requests' })).toBeVisible()
    await expect(page.getByRole('row').filter({ hasText: address })).toContainText('A copy of their data')
    await inspect(page, 'requests')
    await page.getByRole('link', { name: address }).click()
    await expect(page.getByRole('heading', { name: /^Mail is paused until \d+ \w+ \d{4}$/ })).toBeVisible()
    await expect(page.getByRole('heading', { name: /^Asked for a copy of their data: answer by/ })).toBeVisible()
    await expect(page.getByText('Chose the topic Garden news on the preferences page')).toBeVisible()
    await inspect(page, 'record-wishes')
    await page.getByRole('button', { name: 'Mark as answered' }).click()
    await expect(page.getByRole('heading', { name: /^Asked for a copy/ })).toHaveCount(0)
    expect((await program.api<{ requests: [] }>('GET', `/contacts/${id}`)).requests).toEqual([])
    await context.close()
  })

test('an operator lets people change a field, and then it is on their page', async ({ page, program }) => {
  await program.api('POST', '/fields', { label: 'Shed colour' })
  const { page: link } = await reader(program)
  expect(await (await fetch(link)).text()).not.toContain('Shed colour')
  await signIn(page, program)
  await page.goto(`${program.url}/audience/fields`)
  await page.getByRole('button', { name: 'Change Shed colour' }).click()
  const dialog = page.getByRole('dialog', { name: 'Change the field' })
  const people = dialog.getByRole('switch', { name: 'People can change this on their preferences page' })
  await expect(people).not.toBeChecked()
  await people.click()
  await inspect(page, 'field-editable')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog).toBeHidden()
  await expect(page.getByRole('row').filter({ hasText: 'Shed colour' })).toContainText('People can change it')
  expect(await (await fetch(link)).text()).toContain('Shed colour')
})

test('an operator sends a mailing to a topic and sees who is left out', async ({ page, program }) => {
  await offers(program)
  const people = [await reader(program), await reader(program)]
  const { items } = await program.api<{ items: { id: string; name: string }[] }>('GET', '/topics')
  const sales = items.find(({ name }) => name === 'Plant sales')?.id ?? ''
  const act = (link: string, form: object) =>
    fetch(link, { method: 'POST', body: new URLSearchParams({ act: 'save', offered: sales, ...form }) })
  for (const { page: link } of people) await act(link, { topic: sales })
  await act(people[1]?.page ?? '', {})
  const mailing = await program.api<Added>('POST', '/mailings', {
    name: 'Autumn sale',
    subject: 'Sale',
    html: '<p>Sale</p>',
  })
  await signIn(page, program)
  await page.goto(`${program.url}/mailings/${mailing.id}/audience`)
  await page.getByRole('checkbox', { name: 'Plant sales' }).check()
  await expect(page.getByText('Everybody who chose one of these topics gets the mailing.')).toBeVisible()
  await inspect(page, 'mailing-topics')
  await page.getByRole('button', { name: 'Check and send' }).click()
  await expect(page.getByRole('heading', { name: '1 person gets this mailing' })).toBeVisible()
  await expect(page.getByRole('row').filter({ hasText: 'Left the topic' })).toBeVisible()
})

test('the owner lets one opt-out cover all accounts, after a question, and takes it back', async ({
  page,
  program,
}) => {
  await signIn(page, program)
  await page.goto(`${program.url}/settings/sender`)
  const one = page.getByRole('switch', { name: 'One opt-out covers all accounts' })
  await expect(one).not.toBeChecked()
  await one.click()
  const question = page.getByRole('dialog', { name: 'Let one opt-out cover all accounts?' })
  await expect(question.getByText('Turning this off later frees nobody')).toBeVisible()
  await question.getByRole('button', { name: 'Yes' }).click()
  await expect(one).toBeChecked()
  await inspect(page, 'organization')
  await one.click()
  await page.getByRole('dialog').getByRole('button', { name: 'Yes' }).click()
  await expect(one).not.toBeChecked()
})
