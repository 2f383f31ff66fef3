// The list of contacts: what narrows it lives in the address, and every browser keeps its own columns.
import type { Page } from '@playwright/test'
import { inspect, looks } from './inspect.ts'
import { expect, type Program, test } from './program.ts'
import { choose, openAudience, signIn, signInAnyWidth } from './sign-in.ts'

type Made = { id: string }

async function people(program: Program, word: string, n: number) {
  const rows = Array.from({ length: n }, (_, i) => `${word}.${i}@post.example,Linz`)
  const options = { mapping: { Town: 'new:Town' }, newGroups: [`Group ${word}`] }
  await program.importFile(new Blob([['Email,Town', ...rows, ''].join('\n')]), `${word}.csv`, options)
}

async function addFilter(page: Page, name: string, value: string) {
  await page.getByRole('button', { name: 'Filter', exact: true }).click()
  const adding = page.getByRole('dialog', { name: 'Filter' })
  await adding.getByRole('combobox', { name: 'Narrow by' }).click()
  await page.getByRole('option', { name, exact: true }).click()
  await adding.getByRole('combobox', { name, exact: true }).click()
  await page.getByRole('option', { name: value, exact: true }).click()
  await expect(adding).toBeHidden()
}

test('what narrows the list is still there after a reload, and goes one by one or all at once', async ({
  page,
  program,
}) => {
  await people(program, 'chip', 6)
  await program.api('POST', '/contacts', { address: 'chip.hand@post.example', fields: {} })
  await signIn(page, program)
  await openAudience(page, 'Contacts')
  await page.getByRole('searchbox', { name: 'Search contacts' }).fill('chip.')
  await expect(page.getByText('7 contacts match')).toBeVisible()
  await addFilter(page, 'Group', 'Group chip')
  await addFilter(page, 'Source', 'Import')
  await addFilter(page, 'Import', 'chip.csv')
  await expect(page.getByText('6 contacts match')).toBeVisible()
  await page.reload()
  for (const chip of ['Group: Group chip', 'Source: Import', 'Import: chip.csv'])
    await expect(page.getByText(chip)).toBeVisible()
  await expect(page.getByText('6 contacts match')).toBeVisible()
  await inspect(page, 'contacts-filtered')
  await page.getByRole('button', { name: 'Remove the filter Group' }).click()
  await expect(page.getByText('Group: Group chip')).toBeHidden()
  await page.getByRole('button', { name: 'Clear all' }).click()
  await expect(page.getByText('Source: Import')).toBeHidden()
  await expect(page.getByRole('link', { name: 'chip.hand@post.example' })).toBeVisible()
})

test('a browser keeps the columns that were chosen in it', async ({ page, program }) => {
  await people(program, 'column', 2)
  await signIn(page, program)
  await openAudience(page, 'Contacts')
  await page.getByRole('button', { name: 'Columns' }).click()
  for (const name of ['Town', 'Source']) await page.getByRole('menuitemcheckbox', { name }).click()
  await page.keyboard.press('Escape')
  await page.reload()
  for (const name of ['Town', 'Source']) await expect(page.getByRole('columnheader', { name })).toBeVisible()
  await expect(page.getByRole('cell', { name: 'Linz' }).first()).toBeVisible()
})

test('rows are ticked with Shift and with keys, and Escape lets go of them', async ({ page, program }) => {
  await people(program, 'key', 5)
  await signIn(page, program)
  await page.goto(`${program.url}/audience/contacts?search=key.&sort=address`)
  const bar = page.getByRole('region', { name: 'Selected contacts' })
  await page.getByRole('checkbox', { name: 'Select key.0@post.example' }).click()
  await page.getByRole('checkbox', { name: 'Select key.3@post.example' }).click({ modifiers: ['Shift'] })
  await expect(bar.getByText('4 selected')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(bar).toBeHidden()
  for (const key of ['j', 'j', 'x']) await page.keyboard.press(key)
  await expect(bar.getByText('1 selected')).toBeVisible()
})

test('erasing more than a hundred asks for their number, and nobody is left', async ({ page, program }) => {
  await people(program, 'gone', 101)
  await signIn(page, program)
  await page.goto(`${program.url}/audience/contacts?search=gone.`)
  await page.getByRole('checkbox', { name: 'Select all on this page' }).check()
  const bar = page.getByRole('region', { name: 'Selected contacts' })
  await bar.getByRole('button', { name: 'Select all 101 that match' }).click()
  await bar.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'Erase' }).click()
  const question = page.getByRole('dialog', { name: 'Erase 101 contacts?' })
  const yes = question.getByRole('button', { name: 'Yes' })
  await expect(yes).toBeDisabled()
  await inspect(page, 'contacts-erase')
  await question.getByRole('textbox', { name: 'Enter 101 to go on' }).fill('101')
  await yes.click()
  await expect(page.getByText('Erased 101 contacts.')).toBeVisible()
  await expect(page.getByRole('heading', { name: 'No contact matches “gone.”' })).toBeVisible()
})

for (const { colorScheme, width } of looks)
  test(`segments and a narrowed list are sound in ${colorScheme} at ${width} pixels`, async ({ browser, program }) => {
    await people(program, 'look', 60)
    const conditions = [
      { type: 'field', field: 'town', op: 'is', values: ['Linz'] },
      {
        type: 'not',
        of: { type: 'any', of: [{ type: 'mailing', did: 'opened', when: { op: 'in_last', days: 365 } }] },
      },
    ]
    const condition = { type: 'all', of: conditions }
    const name = `Asleep in ${colorScheme} at ${width}`
    const { id } = await program.api<Made>('POST', '/segments', { name, condition })
    const context = await browser.newContext({
      colorScheme,
      reducedMotion: 'reduce',
      viewport: { width, height: width === 390 ? 844 : 860 },
    })
    const page = await context.newPage()
    await signInAnyWidth(page, program)
    await page.goto(`${program.url}/audience/segments`)
    await expect(page.getByRole('link', { name })).toBeVisible()
    await inspect(page, 'segments')
    await page.goto(`${program.url}/audience/segments/${id}`)
    await expect(page.getByRole('status').filter({ hasText: 'contacts' })).toBeVisible()
    await inspect(page, 'segment-page')
    await page.goto(`${program.url}/audience/contacts?segment=${id}&source=import&search=look.`)
    await page.getByRole('checkbox', { name: 'Select all on this page' }).check()
    await expect(page.getByRole('button', { name: 'Select all 60 that match' })).toBeVisible()
    await inspect(page, 'contacts-narrowed')
    await page.getByRole('button', { name: 'Filter', exact: true }).click()
    await choose(page, 'Narrow by', 'Added since')
    await inspect(page, 'contacts-filter')
    await context.close()
  })
