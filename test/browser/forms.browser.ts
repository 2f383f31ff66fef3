// Sign-up forms as an operator makes them and as visitors use them: without JavaScript, and back from an opt-out.
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { inspect, looks } from './inspect.ts'
import { expect, type Program, test } from './program.ts'
import { choose, signInAnyWidth } from './sign-in.ts'
import { bare, confirmLink, pressSignUp } from './visitor.ts'

type Found = { items: { status: string }[] }

const NAME = 'Plant fair form'

async function prepare({ api }: Program) {
  await api('PATCH', '/account', {
    name: 'Fernmoor Garden',
    senderName: 'Fernmoor Garden',
    senderAddress: 'news@fernmoor.example',
    postalAddress: '4 Glasshouse Lane, Fernmoor FM1 2GH',
  })
}

/** No violation in both looks at the narrowest width. */
async function expectAccessible(page: Page, name: string) {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    const { violations } = await new AxeBuilder({ page }).analyze()
    expect(violations.map(({ id, nodes }) => `${name} ${id}: ${nodes[0]?.html}`)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320)
    const directory = process.env['SCREENS_DIR']
    if (directory) await page.screenshot({ path: `${directory}/${name}-320-${colorScheme}.png`, fullPage: true })
  }
}

test('an operator makes a form, sees it while writing, and copies its link and code', async ({ page, program }) => {
  await prepare(program)
  await program.api('POST', '/groups', { name: 'Plant fair guests' })
  await signInAnyWidth(page, program)
  await page.goto(`${program.url}/audience/forms`)
  await page.getByRole('link', { name: 'Create a form' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'New sign-up form' })).toBeVisible()
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('1 field needs a change')).toBeVisible()
  await expect(page.getByLabel('Name', { exact: true })).toBeFocused()
  await page.getByLabel('Name', { exact: true }).fill(NAME)
  await page.getByLabel('Heading').fill('News of the plant fair')
  await page.getByLabel('Consent').fill('Yes, send me news of the plant fair.')
  await page.getByRole('checkbox', { name: 'First name' }).check()
  await page.getByRole('checkbox', { name: 'Plant fair guests' }).check()
  const preview = page.frameLocator('iframe[title="Preview of the form"]')
  await expect(preview.getByRole('heading', { level: 1, name: 'News of the plant fair' })).toBeVisible()
  await expect(preview.getByLabel('First name')).toBeVisible()
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('heading', { level: 1, name: NAME })).toBeVisible()
  await expect(page.getByText('0 waiting, 0 confirmed. Wording version 1.')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Copy code' })).toBeVisible()
  await page.getByRole('button', { name: 'Copy link' }).click()
  await expect(page.getByRole('button', { name: 'Copied' })).toBeVisible()
  await page.getByRole('navigation', { name: 'Breadcrumb' }).getByRole('link', { name: 'Sign-up forms' }).click()
  await expect(page.getByRole('row', { name: NAME })).toBeVisible()
  await page.getByRole('button', { name: `Archive ${NAME}` }).click()
  await expect(page.getByRole('row', { name: NAME })).toHaveCount(0)
  await choose(page, 'Show forms', 'Archived')
  await page.getByRole('button', { name: `Restore ${NAME}` }).click()
  await choose(page, 'Show forms', 'In use')
  await expect(page.getByRole('row', { name: NAME })).toBeVisible()
})

for (const { colorScheme, width } of looks)
  test(`the screens of forms in ${colorScheme}, ${width} px wide`, async ({ page, program }) => {
    await prepare(program)
    const name = `Looked at ${width} in ${colorScheme}`
    const form = await program.api<{ id: string }>('POST', '/forms', {
      name,
      heading: 'News',
      consent: 'Yes, send me news.',
    })
    await page.emulateMedia({ colorScheme })
    await signInAnyWidth(page, program)
    await page.setViewportSize({ width, height: width === 390 ? 844 : 860 })
    await page.goto(`${program.url}/audience/forms`)
    await expect(page.getByRole('row', { name })).toBeVisible()
    await inspect(page, 'forms')
    await page.goto(`${program.url}/audience/forms/${form.id}`)
    await expect(page.frameLocator('iframe[title="Preview of the form"]').getByRole('button')).toBeVisible()
    await inspect(page, 'form')
  })

test('a visitor signs up without JavaScript, confirms from the mailbox, and is a contact', async ({
  browser,
  program,
}) => {
  await prepare(program)
  const form = {
    name: 'Autumn form',
    heading: 'Autumn letters',
    consent: 'Yes, send me letters.',
    thanks: 'See you in autumn.',
    fields: [{ name: 'first_name', required: true }],
  }
  const { url } = await program.api<{ url: string }>('POST', '/forms', form)
  const page = await bare(browser)
  await page.goto(url)
  await page.getByLabel('Email address').fill('autumn.visitor@post.example')
  await page.getByLabel('First name').fill('Ines')
  await page.getByRole('checkbox').check()
  await pressSignUp(page)
  await page.goto(await confirmLink(program, 'autumn.visitor@post.example'))
  await page.getByRole('button', { name: 'Confirm' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'You are signed up' })).toBeFocused()
  await expect(page.getByText('See you in autumn.')).toBeVisible()
  expect(await page.context().cookies()).toEqual([])
  const { items } = await program.api<Found>('GET', '/contacts?search=autumn.visitor')
  expect(items).toMatchObject([{ status: 'active', fields: { first_name: 'Ines' } }])
})

test('every page of a sign-up passes axe at 320 px in both looks, and holds the focus where it is needed', async ({
  page,
  program,
}) => {
  await prepare(program)
  const topics = []
  for (const name of ['Winter talks', 'Winter letters'])
    topics.push(await program.api<{ id: string }>('POST', '/topics', { name, description: 'Once a month.' }))
  const { url } = await program.api<{ url: string }>('POST', '/forms', {
    name: 'Winter form',
    heading: 'Winter news',
    intro: 'What the garden does in winter.',
    consent: 'Yes, send me winter news. I can opt out at any time with a link in every mail.',
    fields: [{ name: 'first_name', required: false }],
    topicIds: topics.map(({ id }) => id),
  })
  await page.setViewportSize({ width: 320, height: 640 })
  await page.goto(url)
  await expectAccessible(page, 'sign-up')
  await page.getByLabel('Email address').fill('winter.visitor@post')
  await page.getByRole('button', { name: 'Sign up' }).click()
  await expect(page.getByLabel('Email address')).toBeFocused()
  await expect(page.getByText('Something is missing. An address looks like')).toBeVisible()
  await expect(page.getByText('Choose at least one.')).toBeVisible()
  await expect(page.getByText('Tick the box')).toBeVisible()
  await expectAccessible(page, 'sign-up-wrong')
  await page.getByLabel('Email address').fill('winter.visitor@post.example')
  await page.getByRole('checkbox', { name: 'Winter talks' }).check()
  await page.getByRole('checkbox', { name: 'Yes, send me winter news.' }).check()
  await pressSignUp(page)
  await expectAccessible(page, 'sign-up-asked')
  const link = await confirmLink(program, 'winter.visitor@post.example')
  await page.goto(link)
  await expect(page.getByText('sends Winter talks to')).toBeVisible()
  await expectAccessible(page, 'sign-up-confirm')
  await page.goto(`${link}?lang=ar`)
  await expectAccessible(page, 'sign-up-confirm-ar')
  await page.getByRole('button').click()
  await expectAccessible(page, 'sign-up-done-ar')
  await page.goto(link.replace(/.{4}$/, 'AAAA'))
  await expect(page.getByRole('heading', { level: 1, name: 'This link has run out' })).toBeVisible()
  await expectAccessible(page, 'sign-up-ended')
})

test('somebody who opted out comes back by the sign-up link of the locked record, and the record tells', async ({
  browser,
  page,
  program,
}) => {
  await prepare(program)
  const address = 'forms.returner@post.example'
  const { id } = await program.api<{ id: string }>('POST', '/contacts', { address })
  await program.api('POST', `/contacts/${id}/status`, { status: 'opt_out' })
  const { signUpLink } = await program.api<{ signUpLink: string }>('GET', `/contacts/${id}`)
  const visitor = await bare(browser)
  await visitor.goto(signUpLink)
  await visitor.getByLabel('Email address').fill(address)
  await visitor.getByRole('checkbox').check()
  await pressSignUp(visitor)
  expect((await program.api<{ status: string }>('GET', `/contacts/${id}`)).status).toBe('opt_out')
  await visitor.goto(await confirmLink(program, address))
  await expect(visitor.getByText('Confirming ends that opt-out.')).toBeVisible()
  await visitor.getByRole('button', { name: 'Confirm' }).click()
  await expect(visitor.getByRole('heading', { level: 1, name: 'You are signed up' })).toBeVisible()

  await signInAnyWidth(page, program)
  await page.goto(`${program.url}/audience/contacts/${id}`)
  await expect(page.getByRole('combobox', { name: 'Status' })).toHaveValue('Active')
  const consent = page.getByRole('region', { name: 'Consent' })
  await expect(consent.getByText('Ended the opt-out')).toBeVisible()
  const timeline = page.getByRole('region', { name: 'Timeline' })
  await expect(timeline.getByText('Came back: confirmed a sign-up')).toBeVisible()
  await expect(timeline.getByText(/^Opted out/)).toBeVisible()
  await inspect(page, 'contact-came-back')
})
