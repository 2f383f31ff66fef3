// Every screen, in light and dark, at a desk and on a phone: no finding of axe, nothing wider than its window.
// SCREENS_DIR=folder keeps a picture of each.
import type { Page } from '@playwright/test'
import { inspect, looks } from './inspect.ts'
import { expect, type Program, test } from './program.ts'
import { choose, signIn, signInAnyWidth } from './sign-in.ts'

type Made = { id: string }
type Listed = { items: { id: string; address: string }[] }

const names = ['Adaeze Lindqvist', 'Beatriz Thorne', 'Emil Farrow', 'Hana Viklund', 'Ines Halvorsen', 'João Petersen']
  .concat(['Kwame Sutter', 'Leila Brandvold', 'Marit Okonjo', 'Noor Castellane', 'Oisín Marlow', 'Priya Aldershaw'])
  .concat(['Sven Achterberg', 'Tomasz Wren'])
const file = `E-mail;Vorname;Nachname;Ort;Abgemeldet;Kassennr
joao.petersen@inbox.example;João;Petersen;Alderby;;0041
leila.brandvold@post.example;Leila;Brandvold;Fernmoor;ja;0007
new.person@post.example;New;Person;Westerby;;0008
new.person@post.example;New;Person;Westerby;;0009
oisin.marlow@post;Oisín;Marlow;;;0010
`

let state: { contact: string; locked: string; group: string; waiting: string; done: string } | undefined

/** Fills the account once; the tests below only look. */
async function fill(page: Page, program: Program) {
  if (state) return state
  const { api } = program
  const { id: group } = await api<Made>('POST', '/groups', { name: 'Visitors 2026' })
  await api('POST', '/groups', { name: 'Volunteers' })
  for (const name of names) {
    const [first = '', last = ''] = name.split(' ')
    const address = `${first}.${last}@post.example`.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '')
    await api('POST', '/contacts', { address, fields: { first_name: first, last_name: last }, groupIds: [group] })
  }
  const { items } = await api<Listed>('GET', '/contacts?search=post.example')
  const idOf = (part: string) => items.find(({ address }) => address.startsWith(part))?.id ?? ''
  await api('POST', `/contacts/${idOf('ines')}/status`, { status: 'opt_out' })
  await api('POST', `/contacts/${idOf('emil')}/status`, { status: 'error' })
  await signIn(page, program)
  const waiting = await uploadFile(page, program)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('checkbox', { name: 'Visitors 2026' }).check()
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('button', { name: 'Import 2 contacts' }).click()
  await expect(page.getByRole('region', { name: 'What happened' })).toBeVisible()
  const unfinished = await uploadFile(page, program)
  state = { contact: idOf('tomasz'), locked: idOf('ines'), group, waiting: unfinished, done: waiting }
  return state
}

async function uploadFile(page: Page, { url }: Program) {
  await page.goto(`${url}/audience/imports/new`)
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Choose file' }).click()
  await (await chooser).setFiles({ name: 'visitors-autumn-2026.csv', mimeType: 'text/csv', buffer: Buffer.from(file) })
  await expect(page.getByRole('heading', { name: 'Match columns' })).toBeVisible()
  return new URL(page.url()).pathname.split('/').at(-2) ?? ''
}

for (const { colorScheme, width } of looks)
  test(`every screen of the audience is sound in ${colorScheme} at ${width} pixels`, async ({ browser, program }) => {
    test.setTimeout(300_000)
    const context = await browser.newContext({
      colorScheme,
      reducedMotion: 'reduce',
      viewport: { width, height: width === 390 ? 844 : 860 },
    })
    const page = await context.newPage()
    const fillPage = await (await browser.newContext()).newPage()
    const at = await fill(fillPage, program)
    await fillPage.close()
    await lookAtSignIn(page, program)
    await signInAnyWidth(page, program)
    await lookAtContacts(page, program, at)
    await lookAtGroups(page, program, at)
    await lookAtImports(page, program, at)
    await context.close()
  })

async function lookAtSignIn(page: Page, { url }: Program) {
  await page.goto(`${url}/sign-in`)
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await page.getByRole('button', { name: 'Sign in' }).click()
  await inspect(page, 'sign-in')
  await page.goto(`${url}/welcome#token`)
  await expect(page.getByRole('button', { name: 'Create owner' })).toBeVisible()
  await inspect(page, 'welcome')
}

async function lookAtContacts(page: Page, { url }: Program, at: NonNullable<typeof state>) {
  await page.goto(`${url}/audience/contacts`)
  await page.getByRole('checkbox', { name: 'Select hana.viklund@post.example' }).check()
  await page.getByRole('checkbox', { name: 'Select kwame.sutter@post.example' }).check()
  await inspect(page, 'contacts')
  await page.getByRole('button', { name: 'Add to group' }).click()
  await expect(page.getByRole('dialog')).toBeVisible()
  await inspect(page, 'add-to-group')
  await page.keyboard.press('Escape')
  await page.goto(`${url}/audience/contacts?search=tomsk`)
  await expect(page.getByRole('heading', { name: 'No contact matches “tomsk”' })).toBeVisible()
  await inspect(page, 'contacts-none')
  await page.getByRole('button', { name: 'Add contact' }).click()
  await inspect(page, 'add-contact')
  await page.goto(`${url}/audience/contacts/${at.contact}`)
  await expect(page.getByRole('heading', { name: 'Timeline' })).toBeVisible()
  await page.getByRole('combobox', { name: 'Status' }).click()
  await inspect(page, 'contact-status-open')
  await page.keyboard.press('Escape')
  await choose(page, 'Status', 'Opt-Out')
  await expect(page.getByRole('dialog')).toBeVisible()
  await inspect(page, 'contact-status-confirm')
  await page.goto(`${url}/audience/contacts/${at.locked}`)
  await expect(page.getByRole('heading', { name: /^Ines Halvorsen opted out on/ })).toBeVisible()
  await expect(page.getByRole('listitem').first()).toBeVisible()
  await inspect(page, 'contact-optout')
  await page.goto(`${url}/audience/nowhere`)
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await inspect(page, 'not-found')
  if (page.viewportSize()?.width !== 390) return
  await page.getByRole('button', { name: 'Open navigation' }).click()
  await expect(page.getByRole('dialog').getByRole('link', { name: 'Audience' })).toBeVisible()
  await inspect(page, 'navigation')
}

async function lookAtGroups(page: Page, { url }: Program, at: NonNullable<typeof state>) {
  await page.goto(`${url}/audience/groups`)
  await expect(page.getByRole('link', { name: 'Volunteers' })).toBeVisible()
  await inspect(page, 'groups')
  await page.goto(`${url}/audience/groups?show=archived`)
  await expect(page.getByRole('heading', { name: 'No group is archived' })).toBeVisible()
  await inspect(page, 'groups-archived')
  await page.goto(`${url}/audience/groups/${at.group}`)
  await page.getByRole('checkbox', { name: 'Select hana.viklund@post.example' }).check()
  await inspect(page, 'group')
  await page.getByRole('button', { name: 'Actions' }).click()
  await expect(page.getByRole('menuitem', { name: 'Archive' })).toBeVisible()
  await inspect(page, 'group-actions')
  await page.getByRole('menuitem', { name: 'Change status of all' }).click()
  await page.getByRole('radio', { name: 'Opt-Out' }).check()
  await inspect(page, 'group-change-status')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('dialog', { name: /^Opt out \d+ contacts\?$/ })).toBeVisible()
  await inspect(page, 'group-change-status-yes')
}

async function lookAtImports(page: Page, { url }: Program, at: NonNullable<typeof state>) {
  const step = (id: string, name: string) => `${url}/audience/imports/${id}/${name}`
  await page.goto(`${url}/audience/imports`)
  await expect(page.getByRole('link', { name: 'visitors-autumn-2026.csv' }).first()).toBeVisible()
  await inspect(page, 'imports')
  await page.goto(`${url}/audience/imports/new`)
  await expect(page.getByRole('button', { name: 'Choose file' })).toBeVisible()
  await inspect(page, 'import-upload')
  await page.goto(step(at.waiting, 'columns'))
  await expect(page.getByRole('heading', { name: 'Match columns' })).toBeVisible()
  await inspect(page, 'import-match')
  await page.goto(step(at.waiting, 'groups'))
  await expect(page.getByRole('checkbox', { name: 'Volunteers' })).toBeVisible()
  await inspect(page, 'import-groups')
  await page.goto(step(at.waiting, 'check'))
  await expect(page.getByRole('region', { name: 'What will happen' })).toBeVisible()
  await inspect(page, 'import-check')
  await page.goto(step(at.done, 'result'))
  await expect(page.getByRole('region', { name: 'What happened' })).toBeVisible()
  await inspect(page, 'import-result')
  if (page.viewportSize()?.width === 390) return // the lines lead to their rows on wide screens
  await page.getByRole('button', { name: 'Show rows: Not an address' }).click()
  await expect(page.getByRole('cell', { name: 'oisin.marlow@post' })).toBeVisible()
  await inspect(page, 'import-rows')
}
