// Fields, adding contacts one after the other, and the record of one contact.
import type { Page } from '@playwright/test'
import { inspect, looks } from './inspect.ts'
import { expect, type Program, test } from './program.ts'
import { choose, signIn, signInAnyWidth } from './sign-in.ts'

type Made = { id: string }

const fields = [
  { label: 'Home town', type: 'short' },
  { label: 'Age', type: 'number' },
  { label: 'Born', type: 'date' },
  { label: 'Member type', type: 'one_of', options: ['Single', 'Family'] },
  { label: 'Likes', type: 'several_of', options: ['Roses', 'Tulips', 'Herbs'] },
  { label: 'Volunteer', type: 'yes_no' },
  { label: 'Note', type: 'long' },
]

test('a field is made, moved, changed and put away', async ({ page, program }) => {
  await signIn(page, program)
  await page.goto(`${program.url}/audience/fields`)
  await page.getByRole('button', { name: 'Create a field' }).first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Create field' }).click()
  await expect(dialog.getByText('Enter a name for the field.')).toBeVisible()
  await dialog.getByLabel('Name').fill('Season')
  await choose(page, 'Type', 'One of several options')
  await dialog.getByLabel('Options').fill('Spring\nAutumn')
  await dialog.getByRole('button', { name: 'Create field' }).click()
  await expect(dialog).toBeHidden()
  const row = page.getByRole('row', { name: /^Season/ })
  await expect(row).toContainText('contact.season')
  const place = async () => (await page.getByRole('row').allInnerTexts()).findIndex((text) => text.startsWith('Season'))
  const before = await place()
  await row.getByRole('button', { name: 'Move Season up' }).click()
  await expect.poll(place).toBe(before - 1)
  await program.api('POST', '/contacts', { address: 'spring@post.example', fields: { season: 'spring' } })
  await row.getByRole('button', { name: 'Change Season' }).click()
  await dialog.getByLabel('Options').fill('Autumn\nWinter')
  await expect(dialog.getByText('1 contact has “Spring” and keeps it.')).toBeVisible()
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog).toBeHidden()
  await row.getByRole('button', { name: 'Archive Season' }).click()
  await expect(row).toBeHidden()
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(row).toBeVisible()
  await row.getByRole('button', { name: 'Archive Season' }).click()
  await expect(row).toBeHidden()
})

let made: Promise<{ group: string }> | undefined
const fill = ({ api }: Program) =>
  (made ??= (async () => {
    for (const field of fields) await api('POST', '/fields', field)
    const { id } = await api<Made>('POST', '/groups', { name: 'Bell ringers' })
    return { group: id }
  })())

test('contacts are added one after the other, in the same groups', async ({ page, program }) => {
  await fill(program)
  await signIn(page, program)
  await page.goto(`${program.url}/audience/contacts`)
  await page.getByRole('button', { name: 'Add contact' }).first().click()
  const dialog = page.getByRole('dialog')
  const address = dialog.getByLabel('Email address')
  await dialog.getByRole('button', { name: 'Save and add another' }).click()
  await expect(dialog.getByText('1 field needs a change')).toBeVisible()
  await expect(address).toBeFocused()
  await address.fill('one.moor@post.example')
  await dialog.getByLabel('Home town').fill('Graz')
  await dialog.getByRole('checkbox', { name: 'Bell ringers' }).check()
  await dialog.getByRole('button', { name: 'Save and add another' }).click()
  await expect(page.getByText('Added one.moor@post.example.')).toBeVisible()
  await expect(address).toBeFocused()
  await expect(address).toHaveValue('')
  await expect(dialog.getByLabel('Home town')).toHaveValue('')
  await expect(dialog.getByRole('checkbox', { name: 'Bell ringers' })).toBeChecked()
  await address.fill('two.moor@post.example')
  await dialog.getByRole('button', { name: 'Save and close' }).click()
  await expect(dialog).toBeHidden()
  for (const name of ['one', 'two'])
    await expect(page.getByRole('link', { name: `${name}.moor@post.example` }).first()).toBeVisible()
})

test('a record keeps each kind of detail, says what does not fit, and asks before it is left unsaved', async ({
  page,
  program,
}) => {
  const { group } = await fill(program)
  const { id } = await program.api<Made>('POST', '/contacts', {
    address: 'tomasz@post.example',
    fields: { first_name: 'Tomasz', age: 40 },
    groupIds: [group],
  })
  await signIn(page, program)
  await page.goto(`${program.url}/audience/contacts/${id}`)
  await page.getByLabel('Home town').fill('Linz')
  await page.getByLabel('Age').fill('41.5')
  await page.getByLabel('Born').fill('1983-02-28')
  await choose(page, 'Member type', 'Family')
  await choose(page, 'Likes', 'Tulips')
  await page.keyboard.press('Escape')
  await choose(page, 'Volunteer', 'No')
  await page.getByRole('link', { name: 'Groups', exact: true }).click()
  const leave = page.getByRole('dialog', { name: 'Leave without saving?' })
  await leave.getByRole('button', { name: 'Stay' }).click()
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(page.getByText('No unsaved changes')).toBeVisible()
  const saved = await program.api<{ fields: unknown }>('GET', `/contacts/${id}`)
  expect(saved.fields).toEqual({
    first_name: 'Tomasz',
    home_town: 'Linz',
    age: 41.5,
    born: '1983-02-28',
    member_type: 'Family',
    likes: ['Tulips'],
    volunteer: false,
  })
  await page.getByLabel('Home town').fill('x'.repeat(256))
  await page.getByLabel('Address').fill('tomasz@')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(page.getByText('1 field needs a change')).toBeVisible()
  await expect(page.getByLabel('Address')).toBeFocused()
  await page.getByRole('button', { name: 'Discard' }).click()
  await expect(page.getByLabel('Address')).toHaveValue('tomasz@post.example')
  await expect(page.getByText('No unsaved changes')).toBeVisible()
})

test('what is typed while a record is being saved is kept, and not yet saved', async ({ page, program }) => {
  await fill(program)
  const { id } = await program.api<Made>('POST', '/contacts', { address: 'quick@post.example', fields: {} })
  await signIn(page, program)
  await page.goto(`${program.url}/audience/contacts/${id}`)
  const saving = Promise.withResolvers<void>()
  await page.route(`**/contacts/${id}`, async (route) => {
    if (route.request().method() === 'PATCH') await saving.promise
    await route.continue()
  })
  await page.getByLabel('Home town').fill('Linz')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByLabel('First name').fill('Quentin')
  saving.resolve()
  await expect(page.getByText('Saved.')).toBeVisible()
  await expect(page.getByLabel('First name')).toHaveValue('Quentin')
  await expect(page.getByText('Not saved yet')).toBeVisible()
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(page.getByText('No unsaved changes')).toBeVisible()
  const saved = await program.api<{ fields: unknown }>('GET', `/contacts/${id}`)
  expect(saved.fields).toEqual({ first_name: 'Quentin', home_town: 'Linz' })
})

for (const { colorScheme, width } of looks)
  test(`fields and records are sound in ${colorScheme} at ${width} pixels`, async ({ browser, program }) => {
    await fill(program)
    const context = await browser.newContext({
      colorScheme,
      reducedMotion: 'reduce',
      viewport: { width, height: width === 390 ? 844 : 860 },
    })
    const page = await context.newPage()
    await signInAnyWidth(page, program)
    await lookAtFields(page, program)
    await lookAtRecords(page, program, `${colorScheme}${width}`)
    await context.close()
  })

async function lookAtFields(page: Page, { url }: Program) {
  await page.goto(`${url}/audience/fields`)
  await expect(page.getByRole('row', { name: /^Likes/ })).toBeVisible()
  await inspect(page, 'fields')
  await page.getByRole('button', { name: 'Change Likes' }).click()
  await expect(page.getByRole('dialog')).toBeVisible()
  await inspect(page, 'field-change')
  await page.keyboard.press('Escape')
  await page.goto(`${url}/audience/contacts`)
  await page.getByRole('button', { name: 'Add contact' }).first().click()
  await page.getByRole('dialog').getByRole('button', { name: 'Save and close' }).click()
  await expect(page.getByText('1 field needs a change')).toBeVisible()
  await inspect(page, 'add-contact-fault')
}

async function lookAtRecords(page: Page, { url, api }: Program, name: string) {
  const details = {
    first_name: 'Ines',
    last_name: 'Halvorsen',
    age: 1234.5,
    born: '1983-02-28',
    likes: ['Roses', 'Tulips'],
    volunteer: true,
    note: 'Came to the open day.\nAsked about bulbs.',
  }
  const { id } = await api<Made>('POST', '/contacts', { address: `ines.${name}@post.example`, fields: details })
  await page.goto(`${url}/audience/contacts/${id}`)
  await expect(page.getByRole('listitem').first()).toBeVisible()
  await inspect(page, 'record')
  await api('POST', `/contacts/${id}/status`, { status: 'error' })
  await page.reload()
  await expect(page.getByRole('heading', { name: /Error|Mail to this address|address cannot/ }).first()).toBeVisible()
  await inspect(page, 'record-error')
  await api('POST', `/contacts/${id}/status`, { status: 'opt_out' })
  await page.reload()
  await expect(page.getByRole('heading', { name: /opted out on/ })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Copy sign-up link' })).toBeVisible()
  await expect(page.getByRole('link', { name: 'Download evidence' })).toBeVisible()
  await inspect(page, 'record-locked')
}
