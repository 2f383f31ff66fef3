// The pictures of README and docs/, taken from the running product with its sample account: npm run pictures
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { expect, type Program, test } from './program.ts'
import { choose, openAudience, signIn } from './sign-in.ts'

const folder = join(import.meta.dirname, '../../docs/pictures')
mkdirSync(folder, { recursive: true })

const shoot = async (page: Page, name: string) => {
  await page.waitForLoadState('networkidle')
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' })
}

test.beforeEach(async ({ page, program }) => signIn(page, program))

test('one contact', async ({ page, program }) => {
  await openAudience(page, 'Contacts')
  const { id } = await someone(program, 'opt_out', 'link')
  await page.goto(`${program.url}/audience/contacts/${id}`)
  await expect(page.getByRole('heading', { name: /opted out on/ })).toBeVisible()
  await shoot(page, 'contact-opted-out')
  await page.goto(`${program.url}/audience/contacts/${(await someone(program, 'active')).id}`)
  await choose(page, 'Status', 'Opt-Out')
  await expect(page.getByRole('dialog', { name: 'Change status to Opt-Out?' })).toBeVisible()
  await shoot(page, 'contact-status')
})

test('many contacts', async ({ page }) => {
  await openAudience(page, 'Groups')
  await page.getByRole('link', { name: 'Visitors 2026' }).click()
  await page.getByRole('button', { name: 'Actions' }).click()
  await page.getByRole('menuitem', { name: 'Change status of all' }).click()
  await page.getByRole('radio', { name: 'Opt-Out' }).check()
  await shoot(page, 'group-status')
})

test('people who are not in the audience', async ({ page }) => {
  await openAudience(page, 'Imports')
  await page.getByRole('link', { name: 'Import contacts' }).first().click()
  const rows = ['sofie.adler@post.example;Sofie;Adler', 'no address;Bo;Frost', 'luis.marin@mail.example;Luis;Marin']
  await page.locator('input[type=file]').setInputFiles({
    name: 'opt-outs-of-the-shop.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(['E-mail;First name;Last name', ...rows, ''].join('\r\n')),
  })
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByLabel('Add a new group').fill('Opt-outs')
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await shoot(page, 'import-groups')
  await page.getByRole('button', { name: 'Continue' }).click()
  await expect(page.getByRole('region', { name: 'What will happen' })).toBeVisible()
  await shoot(page, 'import-check')
})

type Listed = { items: { id: string; optOut: { source: string; mailingId: string | null } | null }[] }

async function someone({ api }: Program, status: string, source?: string) {
  const { items } = await api<Listed>('GET', `/contacts?status=${status}&limit=100`)
  const found = items.find(({ optOut }) => source === undefined || optOut?.source === source)
  if (!found) throw new Error(`the sample account has no contact that is ${status}`)
  return found
}
