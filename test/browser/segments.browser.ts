// Segments, and lists of contacts that are filtered and changed as a whole.
import type { Page } from '@playwright/test'
import { inspect } from './inspect.ts'
import { expect, type Program, test } from './program.ts'
import { choose, openAudience, signIn } from './sign-in.ts'

type Made = { id: string }
type Counts = { total: number; active: number; optOut: number }

async function people(program: Program, word: string, n: number) {
  const rows = Array.from({ length: n }, (_, i) => `${word}.${i}@post.example,${i % 2 === 0 ? 'Linz' : 'Graz'}`)
  const options = { mapping: { Town: 'new:Town' }, newGroups: [`Group ${word}`] }
  await program.importFile(new Blob([['Email,Town', ...rows, ''].join('\n')]), `${word}.csv`, options)
}
const countsOf = ({ api }: Program, query: string) => api<Counts>('GET', `/contacts/counts?${query}`)

test('a segment is built, counted while it is built, saved, and shown as a list', async ({ page, program }) => {
  await people(program, 'seg', 8)
  await program.api('POST', '/opt-outs', { addresses: ['seg.0@post.example'] })
  await signIn(page, program)
  await openAudience(page, 'Segments')
  await page.getByRole('link', { name: 'Create a segment' }).first().click()
  await page.getByLabel('Name').fill('People of Linz')
  await choose(page, 'What', 'Town')
  await page.getByRole('textbox', { name: 'Value' }).fill('linz')
  await page.getByRole('button', { name: 'Add condition' }).click()
  await page.getByRole('textbox', { name: 'Value' }).last().fill('seg.')
  await expect(page.getByRole('status').filter({ hasText: '4 contacts' })).toBeVisible()
  await expect(page.getByText('3 Active get mail, 0 Error, 1 Opt-Out')).toBeVisible()
  const sentence = 'Contacts whose Town is “linz” and whose address contains “seg.”.'
  await expect(page.getByText(sentence)).toBeVisible()
  await page.getByRole('button', { name: 'Add group' }).click()
  // Its first condition is not filled in yet. Until the answer is there, the numbers before it are dimmed.
  await expect(page.getByRole('listitem').getByRole('alert').last()).toHaveText('Enter a value.')
  await inspect(page, 'segment')
  await page.getByRole('button', { name: 'Remove group 3' }).click()
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'People of Linz' })).toBeVisible()
  await page.reload()
  await expect(page.getByRole('status').filter({ hasText: '4 contacts' })).toBeVisible()
  await page.getByRole('link', { name: 'Show the contacts' }).click()
  await expect(page.getByText('Segment: People of Linz')).toBeVisible()
  await expect(page.getByText('4 contacts match')).toBeVisible()
  await page.reload()
  await expect(page.getByText('4 contacts match')).toBeVisible()
  await page.getByRole('button', { name: 'Remove the filter Segment' }).click()
  await expect(page.getByText('Segment: People of Linz')).toBeHidden()
})

test('everybody who matches is opted out, over all pages, with the exact number', async ({ page, program }) => {
  await people(program, 'many', 120)
  await program.api('POST', '/opt-outs', { addresses: ['many.7@post.example'] })
  await signIn(page, program)
  await openAudience(page, 'Contacts')
  await page.getByRole('searchbox', { name: 'Search contacts' }).fill('many.')
  await expect(page.getByText('120 contacts match')).toBeVisible()
  await page.getByRole('checkbox', { name: 'Select all on this page' }).check()
  const bar = page.getByRole('region', { name: 'Selected contacts' })
  await expect(bar.getByText('50 selected')).toBeVisible()
  await bar.getByRole('button', { name: 'Select all 120 that match' }).click()
  await expect(bar.getByText('All 120 that match are selected')).toBeVisible()
  await inspect(page, 'contacts-all-selected')
  await act(page, 'Change status', 'Opt-Out')
  const question = page.getByRole('dialog', { name: 'Opt out 119 contacts?' })
  await expect(question.getByRole('button', { name: 'Cancel' })).toBeFocused()
  await expect(question.getByText('1 contact opted out before and stays so.')).toBeVisible()
  await question.getByRole('button', { name: 'Yes' }).click()
  await expect(page.getByText('Opted out 119 contacts. 1 already was.')).toBeVisible()
  expect(await countsOf(program, 'search=many.')).toMatchObject({ total: 120, optOut: 120 })
})

test('some are archived at once, and brought back', async ({ page, program }) => {
  await people(program, 'some', 3)
  await signIn(page, program)
  await openAudience(page, 'Contacts')
  await page.getByRole('searchbox', { name: 'Search contacts' }).fill('some.')
  await expect(page.getByText('3 contacts match')).toBeVisible()
  await page.getByRole('checkbox', { name: 'Select some.1@post.example' }).check()
  await act(page, 'More actions', 'Archive')
  await expect(page.getByText('2 contacts match')).toBeVisible()
  await expect(page.getByText('Archived 1 contact.')).toBeVisible()
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(page.getByText('3 contacts match')).toBeVisible()
})

test('a mailing goes to a segment, less the people left out', async ({ page, program }) => {
  await people(program, 'mail', 6)
  const condition = { type: 'address', op: 'begins_with', values: ['mail.'] }
  const { id } = await program.api<Made>('POST', '/segments', { name: 'Mail to these', condition })
  const { id: mailing } = await program.api<Made>('POST', '/mailings', { name: 'To a segment', segmentIds: [id] })
  const { audience } = await program.api<{ audience: { recipients: number } }>('POST', `/mailings/${mailing}/check`)
  expect(audience.recipients).toBe(6)
  await signIn(page, program)
  await page.goto(`${program.url}/mailings/${mailing}/audience`)
  await expect(page.getByRole('checkbox', { name: 'Mail to these' }).first()).toBeChecked()
})

test('all that match are archived only after a question with their number of this moment', async ({
  page,
  program,
}) => {
  const rows = Array.from({ length: 60 }, (_, i) => `range.${i}@post.example`)
  await program.importFile(new Blob([['Email', ...rows, ''].join('\n')]), 'range.csv', { newGroups: ['Range'] })
  await signIn(page, program)
  await page.goto(`${program.url}/audience/contacts?search=range.`)
  await page.getByRole('checkbox', { name: 'Select all on this page' }).check()
  const bar = page.getByRole('region', { name: 'Selected contacts' })
  await bar.getByRole('button', { name: 'Select all 60 that match' }).click()
  await bar.getByRole('button', { name: 'Only the 50 on this page' }).click()
  await expect(bar.getByText('50 selected')).toBeVisible()
  await bar.getByRole('button', { name: 'Select all 60 that match' }).click()
  // Somebody who comes after the list was read is in the question, and in the act.
  await program.api('POST', '/contacts', { address: 'range.late@post.example' })
  await bar.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'Archive' }).click()
  const question = page.getByRole('dialog', { name: 'Archive 61 contacts?' })
  await expect(question.getByRole('button', { name: 'Cancel' })).toBeFocused()
  await inspect(page, 'contacts-archive-all')
  await question.getByRole('button', { name: 'Yes' }).click()
  await expect(page.getByText('Archived 61 contacts.')).toBeVisible()
  await expect(page.getByRole('heading', { name: 'No contact matches “range.”' })).toBeVisible()
})

test('a segment rests after its changes are discarded, also when it was just saved', async ({ page, program }) => {
  await signIn(page, program)
  await page.goto(`${program.url}/audience/segments/new`)
  await page.getByLabel('Name').fill('Resting')
  await page.getByRole('button', { name: 'Add condition' }).click()
  await page.getByRole('textbox', { name: 'Value' }).last().fill('x.')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Resting' })).toBeVisible()
  await page.getByRole('textbox', { name: 'Value' }).last().fill('y.')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('link', { name: 'Show the contacts' })).toBeVisible()
  await page.getByRole('textbox', { name: 'Value' }).last().fill('z.')
  await page.getByRole('button', { name: 'Discard' }).click()
  await expect(page.getByRole('textbox', { name: 'Value' }).last()).toHaveValue('y.')
  await page.getByRole('link', { name: 'Show the contacts' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Contacts' })).toBeVisible()
})

async function act(page: Page, menu: string, item: string) {
  await page.getByRole('region', { name: 'Selected contacts' }).getByRole('button', { name: menu }).click()
  // With the key: on a busy machine the menu may still move under the pointer.
  await page.getByRole('menuitem', { name: item }).press('Enter')
}
