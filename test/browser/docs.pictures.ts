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

test('finding contacts', async ({ page }) => {
  await openAudience(page, 'Contacts')
  await page.getByRole('searchbox', { name: 'Search contacts' }).fill('post.example')
  await choose(page, 'Status', 'Active')
  await page.getByRole('checkbox', { name: 'Select all on this page' }).check()
  await page.getByRole('button', { name: /Select all .* that match/ }).click()
  await page.evaluate(() => window.scrollTo(0, 0))
  await shoot(page, 'contacts')
})

test('a group', async ({ page }) => {
  await openAudience(page, 'Groups')
  await page.getByRole('link', { name: 'Visitors 2026' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Visitors 2026' })).toBeVisible()
  await shoot(page, 'group')
})

test('a segment', async ({ page, program }) => {
  const { items } = await program.api<{ items: { id: string; name: string }[] }>('GET', '/groups')
  const { id } = await program.api<{ id: string }>('POST', '/segments', {
    name: 'Members who read',
    condition: {
      type: 'all',
      of: [
        { type: 'group', groupId: items[0]?.id ?? '1' },
        {
          type: 'any',
          of: [
            { type: 'mailing', did: 'opened', when: { op: 'in_last', days: 180 } },
            { type: 'added', when: { op: 'in_last', days: 30 } },
          ],
        },
      ],
    },
  })
  await page.goto(`${program.url}/audience/segments/${id}`)
  await expect(page.getByText('Active get mail')).toBeVisible()
  await shoot(page, 'segment')
})

test('many opt-outs at once', async ({ page, program }) => {
  await openAudience(page, 'Opt-outs')
  const { items } = await program.api<{ items: { address: string }[] }>('GET', '/contacts?status=active&limit=4')
  const lines = [...items.map(({ address }) => address), 'someone.new@mail.example', 'sven.achterberg@inbox,example']
  await page.getByLabel('Addresses', { exact: true }).fill(lines.join('\n'))
  await expect(page.getByText('Is it sven.achterberg@inbox.example?')).toBeVisible()
  await shoot(page, 'opt-outs')
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
