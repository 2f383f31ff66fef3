// Spreadsheets and the files of other programs, step by step.
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { inspect } from './inspect.ts'
import { expect, type Program, test } from './program.ts'
import { choose, openAudience, signIn } from './sign-in.ts'

type Listed = { items: { address: string; status: string; archivedAt: string | null }[] }
const found = async ({ api }: Program, search: string, query = '') =>
  (await api<Listed>('GET', `/contacts?search=${encodeURIComponent(search)}${query}`)).items

async function begin(page: Page, program: Program, file: string | { name: string; text: string }) {
  await signIn(page, program)
  await openAudience(page, 'Imports')
  await page.getByRole('link', { name: 'Import contacts' }).first().click()
  await page
    .locator('input[type=file]')
    .setInputFiles(
      typeof file === 'string' ? file : { name: file.name, mimeType: 'text/csv', buffer: Buffer.from(file.text) },
    )
  await expect(page.getByRole('heading', { name: 'Match columns' })).toBeVisible()
}

const outlook = (page: Page, line: string) =>
  page.getByRole('region', { name: 'What will happen' }).getByRole('listitem').filter({ hasText: line })

test('a spreadsheet saved by LibreOffice is checked, imported and taken back', async ({ page, program }) => {
  await begin(page, program, join(import.meta.dirname, '../files/visitors-from-libreoffice.xlsx'))
  await expect(page.getByText('sheet visitors')).toBeVisible()
  await expect(page.getByRole('combobox', { name: 'Where Besuch am goes' })).toBeVisible()
  await inspect(page, 'import-spreadsheet')
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByLabel('Add a new group').fill('Visitors')
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await page.getByRole('button', { name: 'Continue' }).click()
  await expect(outlook(page, 'Will be added')).toContainText('3')
  await expect(outlook(page, 'Opted out, and')).toContainText('1 opt out because the file says so')
  await expect(outlook(page, 'Not an address')).toContainText('1')
  expect(await found(program, 'joao.petersen')).toEqual([])
  await page.getByLabel('Where and when').fill('Ticket desk, autumn 2026')
  await page.getByRole('button', { name: 'Import 3 contacts' }).click()
  await expect(page.getByRole('region', { name: 'What happened' })).toBeVisible()
  await expect(page.getByText('They signed up with us: Ticket desk, autumn 2026')).toBeVisible()
  expect(await found(program, 'joao.petersen')).toMatchObject([{ status: 'active' }])

  await page.getByRole('button', { name: 'Undo this import' }).click()
  const question = page.getByRole('dialog', { name: 'Undo this import?' })
  await expect(question.getByText('3 new contacts are archived')).toBeVisible()
  await expect(question.getByText('The opt-out from the file stays.')).toBeVisible()
  await question.getByRole('button', { name: 'Yes' }).click()
  await expect(page.getByRole('heading', { name: 'This import was undone' })).toBeVisible()
  expect(await found(program, 'joao.petersen')).toEqual([])
  expect(await found(program, 'joao.petersen', '&archived=true')).toHaveLength(1)
  await expect(program.api('POST', '/contacts', { address: 'leila.brandvold@post.example' })).rejects.toThrow(/409/)
})

test('a list of people who left another program opts them out', async ({ page, program }) => {
  const text =
    'Email Address,First Name,UNSUB_TIME,UNSUB_REASON\nleft.there@post.example,Lea,2026-02-03 10:00:00,NORMAL\n'
  await begin(page, program, { name: 'unsubscribed_segment_export.csv', text })
  await expect(page.getByRole('heading', { name: 'An export of Mailchimp' })).toBeVisible()
  await expect(page.getByRole('checkbox', { name: /Opt out every address/ })).toBeChecked()
  await page.getByRole('button', { name: 'Continue' }).click()
  await expect(outlook(page, 'Will be opted out')).toContainText('1')
  await page.getByRole('button', { name: 'Opt out 1 address' }).click()
  await expect(page.getByRole('region', { name: 'What happened' })).toBeVisible()
  await expect(program.api('POST', '/contacts', { address: 'left.there@post.example' })).rejects.toThrow(/409/)
})

test('a wrong guess about the letters is put right, and unknown words are answered', async ({ page, program }) => {
  await begin(page, program, {
    name: 'words.csv',
    text: 'Email|Opted out\nwakes@post.example|sleeping\nstays@post.example|no\n',
  })
  await choose(page, 'Encoding', 'Baltic (Windows-1257)')
  await expect(page.getByText('WINDOWS-1257')).toBeVisible()
  await choose(page, 'Encoding', 'UTF-8')
  await expect(page.getByText('bars, UTF-8')).toBeVisible()
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('button', { name: 'Continue' }).click()
  await expect(outlook(page, 'Will be added')).toContainText('1')
  await choose(page, '“sleeping”, in 1 row', 'They opted out')
  await expect(outlook(page, 'Opted out, and')).toContainText('1 opt out because the file says so')
  await inspect(page, 'import-words')
  await page.getByRole('button', { name: 'Import 1 contact' }).click()
  await expect(page.getByRole('region', { name: 'What happened' })).toBeVisible()
  await expect(program.api('POST', '/contacts', { address: 'wakes@post.example' })).rejects.toThrow(/409/)
})

test('who was erased and is imported again stays opted out', async ({ page, program }) => {
  const { id } = await program.api<{ id: string }>('POST', '/contacts', { address: 'erased.once@post.example' })
  await program.api('POST', `/contacts/${id}/status`, { status: 'opt_out' })
  await signIn(page, program)
  await page.goto(`${program.url}/audience/contacts/${id}`)
  await page.getByRole('button', { name: 'Actions' }).click()
  await page.getByRole('menuitem', { name: 'Erase' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Yes' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Contacts' })).toBeVisible()
  expect(await found(program, 'erased.once')).toEqual([])
  await openAudience(page, 'Imports')
  await page.getByRole('link', { name: 'Import contacts' }).first().click()
  await page.locator('input[type=file]').setInputFiles({
    name: 'again.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from('Email\nerased.once@post.example\nnever.erased@post.example\n'),
  })
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('button', { name: 'Continue' }).click()
  await expect(outlook(page, 'Opted out, and')).toContainText('1 opted out before and will not be changed')
  await page.getByRole('button', { name: 'Import 1 contact' }).click()
  await expect(page.getByRole('region', { name: 'What happened' })).toBeVisible()
  expect(await found(program, 'erased.once')).toEqual([])
  expect(await found(program, 'never.erased')).toHaveLength(1)
})
