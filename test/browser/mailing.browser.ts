// A mailing from the first word to an opt-out that holds, and its screens in light and dark, at a desk and on a phone.
import type { Page } from '@playwright/test'
import { inspect, looks } from './inspect.ts'
import { expect, type Program, test } from './program.ts'
import { openAudience, signIn, signInAnyWidth } from './sign-in.ts'

type Made = { id: string }
type Listed = { items: Made[] }

async function fill({ api }: Program, groupName: string) {
  await api('PATCH', '/account', {
    senderName: 'Fernmoor Garden',
    senderAddress: 'news@fernmoor.example',
    postalAddress: '4 Glasshouse Lane, Fernmoor FM1 2GH',
  })
  const { id } = await api<Made>('POST', '/groups', { name: groupName })
  const word = groupName.toLowerCase().replaceAll(' ', '-')
  for (const first of ['Ada', 'Ben'])
    await api('POST', '/contacts', {
      address: `${first.toLowerCase()}.${word}@post.example`,
      fields: { first_name: first },
      groupIds: [id],
    })
  return { groupId: id, ada: `ada.${word}@post.example`, ben: `ben.${word}@post.example` }
}

async function writeMailing(page: Page, name: string, group: string) {
  const main = page.getByRole('navigation', { name: 'Main' })
  await main.getByRole('link', { name: 'Mailings' }).click()
  await page.getByRole('button', { name: 'New mailing' }).click()
  await page.getByRole('dialog').getByLabel('Name').fill(name)
  await page.getByRole('button', { name: 'Write mailing' }).click()
  await page.getByLabel('Subject').fill(`${name}, {{ contact.first_name }}`)
  await page
    .getByRole('textbox', { name: 'HTML' })
    .fill('<h1>The glasshouse glows</h1><p>Dear {{ contact.first_name }}</p>')
  await page.getByRole('button', { name: 'Choose audience' }).click()
  await page.getByRole('checkbox', { name: group }).check()
  await page.getByRole('button', { name: 'Check and send' }).click()
}

test('a mailing is written, sent and read; who opts out through it gets no other', async ({ page, program }) => {
  const { ada, ben } = await fill(program, 'Lanterns')
  await signIn(page, program)
  await writeMailing(page, 'Lantern evenings', 'Lanterns')
  await page.getByRole('button', { name: 'Send to 2 people' }).click()
  await page.getByRole('dialog', { name: 'Send to 2 people?' }).getByRole('button', { name: 'Yes' }).click()
  await expect(page.getByText(/^Sent \d/)).toBeVisible({ timeout: 30_000 })

  await page.getByRole('link', { name: 'Settings' }).click()
  await page.getByRole('link', { name: 'Mailbox' }).click()
  await page.getByRole('button', { name: new RegExp(ada) }).click()
  await expect(page.getByRole('heading', { name: 'Lantern evenings, Ada' })).toBeVisible()
  const opened = page.waitForEvent('popup')
  await page.frameLocator('iframe').getByRole('link', { name: 'Opt out' }).click()
  const reader = await opened
  await reader.getByRole('button', { name: 'Opt out' }).click()
  await expect(reader.getByRole('heading', { name: 'You are opted out' })).toBeVisible()
  await page.getByRole('button', { name: new RegExp(ben) }).click()
  await page.getByRole('button', { name: 'Press it' }).click()
  await expect(page.getByText(`${ben} is opted out.`)).toBeVisible()

  await openAudience(page, 'Contacts')
  await page.getByRole('searchbox', { name: 'Search contacts' }).fill(ada)
  await page.getByRole('link', { name: ada }).click()
  await expect(page.getByRole('heading', { name: /^Ada opted out on/ })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Save' })).toHaveCount(0)

  await writeMailing(page, 'Frost warning', 'Lanterns')
  await expect(page.getByText('Mend what stops the mailing first.')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Send to 0 people' })).toBeDisabled()
})

for (const { colorScheme, width } of looks)
  test(`the screens of mailings and settings are sound in ${colorScheme} at ${width} pixels`, async ({
    browser,
    program,
  }) => {
    const { api, url } = program
    const { groupId } = await fill(program, `Readers ${colorScheme} ${width}`)
    const mailing = {
      subject: 'Hello',
      html: '<h1>Hello</h1><p>Dear {{ contact.first_name }}</p>',
      groupIds: [groupId],
    }
    const draft = await api<Made>('POST', '/mailings', { name: 'Draft', ...mailing })
    const sent = await api<Made>('POST', '/mailings', { name: 'Sent mailing', ...mailing })
    await api('POST', `/mailings/${sent.id}/send`, {})
    await expect.poll(async () => (await api<Listed>('GET', '/mailbox')).items.length).toBeGreaterThan(1)
    const size = { width, height: width === 390 ? 844 : 860 }
    const context = await browser.newContext({ colorScheme, reducedMotion: 'reduce', viewport: size })
    const page = await context.newPage()
    await signInAnyWidth(page, program)
    const look = async (path: string, heading: string, name: string) => {
      await page.goto(url + path)
      await expect(page.getByRole('heading', { level: 1, name: heading })).toBeVisible()
      await page.waitForLoadState('networkidle')
      await inspect(page, name)
    }
    await look('/', 'Home', 'home')
    await look('/mailings', 'Mailings', 'mailings')
    await look(`/mailings/${draft.id}`, 'Draft', 'mailing-write')
    await look(`/mailings/${draft.id}/audience`, 'Draft', 'mailing-audience')
    await look(`/mailings/${draft.id}/send`, 'Draft', 'mailing-send')
    await look(`/mailings/${sent.id}`, 'Sent mailing', 'mailing-sent')
    await look('/settings/sender', 'Sender', 'sender')
    await look('/settings/sending-domain', 'Sending domain', 'sending-domain')
    await look('/settings/api-keys', 'API keys', 'api-keys')
    await look('/settings/mailbox', 'Mailbox', 'mailbox')
    await context.close()
  })
