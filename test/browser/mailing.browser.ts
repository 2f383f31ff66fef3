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
  await page.getByRole('radiogroup', { name: 'Way of writing' }).getByText('HTML', { exact: true }).click()
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

test('a mailing is scheduled in a time zone, another is sent slowly, paused, resumed and cancelled', async ({
  page,
  program,
}) => {
  await fill(program, 'Asters')
  await signIn(page, program)
  await writeMailing(page, 'Aster days', 'Asters')
  await page.getByRole('radio', { name: 'At a time', exact: true }).check()
  await page.getByRole('button', { name: 'Send to 2 people' }).click()
  await expect(page.getByText('Enter a day and a time.')).toBeVisible()
  await page.getByLabel('Day and time').fill('2020-06-01T09:00')
  await page.getByRole('button', { name: 'Send to 2 people' }).click()
  await expect(page.getByText('This time has passed.')).toBeVisible()
  await page.getByLabel('Day and time').fill('2037-06-01T09:00')
  await page.getByRole('combobox', { name: 'Time zone' }).fill('Kolkata')
  await page.getByRole('option', { name: 'Asia/Kolkata' }).click()
  await page.getByRole('button', { name: 'Send to 2 people' }).click()
  const yes = (name: string) => page.getByRole('dialog', { name }).getByRole('button', { name: 'Yes' })
  await yes('Send to 2 people?').click()
  await expect(page.getByText('Will be sent 1 Jun 2037, 09:00 Asia/Kolkata')).toBeVisible()
  await page.getByRole('button', { name: 'Cancel mailing' }).click()
  await yes('Cancel this mailing?').click()
  await expect(page.getByText('Cancelled', { exact: true })).toBeVisible()

  await writeMailing(page, 'Slow asters', 'Asters')
  await page.getByLabel(/^Most messages an hour/).fill('1')
  await page.getByRole('button', { name: 'Send to 2 people' }).click()
  await expect(page.getByText('With 1 message an hour it takes about 2 hours.')).toBeVisible()
  await yes('Send to 2 people?').click()
  await expect(page.getByRole('heading', { name: '1 of 2 messages' })).toBeVisible({ timeout: 30_000 })
  await expect(page.getByRole('progressbar', { name: 'Sending, 50 per cent done' })).toBeVisible()
  await expect(page.getByText(/About 1 hour left|About 60 minutes left/)).toBeVisible()
  await page.getByRole('button', { name: 'Pause' }).click()
  await expect(page.getByText(/^Paused, started/)).toBeVisible()
  await page.reload()
  await page.getByRole('button', { name: 'Resume' }).click()
  await expect(page.getByText(/^Sending since/)).toBeVisible()
  await page.getByRole('button', { name: 'Cancel mailing' }).click()
  await expect(page.getByText(/^1 person has it already\. The other 1 will not get it/)).toBeVisible()
  await yes('Cancel this mailing?').click()
  await expect(page.getByText('Cancelled', { exact: true })).toBeVisible()
})

test('two subjects are tried, the better one goes to the rest', async ({ page, program }) => {
  const { groupId } = await fill(program, 'Tulips')
  for (const who of ['cem', 'dora', 'eve', 'finn'])
    await program.api('POST', '/contacts', { address: `${who}.tulips@post.example`, groupIds: [groupId] })
  await signIn(page, program)
  await writeMailing(page, 'Tulip days', 'Tulips')
  await page.getByRole('button', { name: 'Set up' }).click()
  await page.getByRole('button', { name: 'Save the test' }).click()
  await expect(page.getByText('Variant B has to change the subject, and nothing else.')).toBeVisible()
  await page.getByLabel('Subject B').fill('Tulips in bloom')
  await page.getByLabel(/^Per cent of the audience/).fill('30')
  await page.getByRole('radio', { name: 'I do' }).check()
  await page.getByRole('button', { name: 'Save the test' }).click()
  await expect(page.getByText('2 people get one of them. You choose what the other 4 get.')).toBeVisible()
  await page.reload()
  await expect(page.getByText('Tulips in bloom')).toBeVisible()
  await page.getByRole('button', { name: 'Send to 6 people' }).click()
  await page.getByRole('dialog', { name: 'Send to 6 people?' }).getByRole('button', { name: 'Yes' }).click()
  await expect(page.getByText('4 people wait for the variant that you choose.')).toBeVisible({ timeout: 30_000 })
  await page.getByRole('button', { name: 'Choose B' }).click()
  const sure = page.getByRole('dialog', { name: 'Send variant B to the other 4 people?' })
  await sure.getByRole('button', { name: 'Yes' }).click()
  await expect(page.getByText('Everybody else gets variant B.')).toBeVisible()
  await expect(page.getByText(/^Sent \d/)).toBeVisible({ timeout: 30_000 })
  const letters = await program.api<{ items: { subject: string }[] }>('GET', '/mailbox?limit=500')
  expect(letters.items.filter(({ subject }) => subject === 'Tulips in bloom')).toHaveLength(5)
})

test('a mailing that stopped by itself says why, and is resumed by who confirms the reason', async ({
  page,
  program,
}) => {
  const { groupId } = await fill(program, 'Roses')
  const mailing = { name: 'Rose days', subject: 'Roses', html: '<p>Roses</p>', groupIds: [groupId] }
  const { id } = await program.api<Made>('POST', '/mailings', mailing)
  const sent = await program.api<object>('POST', `/mailings/${id}/send`, { perHour: 1 })
  const problem = '5.2% blocked\nMail servers refused 52 of the last 1,000 messages. Check SPF, DKIM and DMARC.'
  const paused = { ...sent, status: 'paused', pauseReason: 'blocks', problem }
  await page.route(`**/api/v1/mailings/${id}`, (route) => route.fulfill({ json: paused }))
  await page.route('**/api/v1/mailings?*', (route) => route.fulfill({ json: { items: [paused], nextCursor: null } }))
  await signIn(page, program)
  await page.goto(`${program.url}/mailings`)
  await expect(page.getByRole('cell', { name: 'Paused: 5.2% blocked' })).toBeVisible()
  await page.getByRole('link', { name: 'Rose days' }).click()
  await expect(page.getByRole('heading', { name: 'Paused: 5.2% blocked' })).toBeVisible()
  await inspect(page, 'mailing-blocked')
  await page.getByRole('button', { name: 'Resume' }).click()
  const sure = page.getByRole('dialog', { name: 'Resume although 5.2% were blocked?' })
  await expect(sure.getByText(/Check SPF, DKIM and DMARC/)).toBeVisible()
  const asked = page.waitForRequest((request) => request.url().endsWith('/resume'))
  await sure.getByRole('button', { name: 'Yes' }).click()
  expect((await asked).postDataJSON()).toEqual({ despite: 'blocks' })
})

test('a test goes to those who may have one, and says of the others why not', async ({ page, program }) => {
  const { ada, ben } = await fill(program, 'Testers')
  const { items } = await program.api<{ items: Made[] }>('GET', `/contacts?search=${ben}`)
  await program.api('POST', `/contacts/${items[0]?.id}/status`, { status: 'opt_out' })
  const { id } = await program.api<Made>('POST', '/mailings', {
    name: 'Tried out',
    subject: 'Hello {{ contact.first_name }}',
    html: '<p>Hello</p>',
  })
  await signIn(page, program)
  await page.goto(`${program.url}/mailings/${id}/send`)
  await page.getByRole('button', { name: 'Send a test' }).click()
  const dialog = page.getByRole('dialog', { name: 'Send a test' })
  await dialog.getByRole('button', { name: 'Send test' }).click()
  await expect(dialog.getByText('Enter an address.')).toBeVisible()
  await dialog.getByRole('textbox', { name: 'Addresses' }).fill(`${ada}\n${ben}`)
  await dialog.getByRole('button', { name: 'Send test' }).click()
  await expect(dialog.getByRole('listitem').filter({ hasText: ada })).toContainText('Sent.')
  await expect(dialog.getByRole('listitem').filter({ hasText: ben })).toContainText('This address opted out.')
  await inspect(page, 'mailing-send-test')
  await page.goto(`${program.url}/settings/mailbox`)
  await page.getByRole('button', { name: new RegExp(ada) }).click()
  await expect(page.getByRole('heading', { name: '[TEST] Hello Ada' })).toBeVisible()
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
    const tried = await api<Made>('POST', '/mailings', { name: 'Tried', tracking: true, ...mailing })
    const alternatives = [{ subject: 'Good evening' }, { subject: 'A fine day' }]
    const split = { tests: 'subject', share: 10, measure: 'clicks', waitMinutes: 240, alternatives }
    await api('POST', `/mailings/${tried.id}/split`, split)
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
    await look(`/mailings/${tried.id}/send`, 'Tried', 'mailing-send-split')
    await page.getByRole('button', { name: 'Edit', exact: true }).click()
    await page.getByRole('radio', { name: 'At a time where each person is' }).check()
    await expect(page.getByText('For 2 people of 2 who have no time zone.')).toBeVisible()
    await inspect(page, 'mailing-send-forms')
    await api('POST', `/mailings/${tried.id}/send`, { perHour: 1 })
    await look(`/mailings/${tried.id}`, 'Tried', 'mailing-progress')
    await look(`/mailings/${sent.id}`, 'Sent mailing', 'mailing-sent')
    await look('/settings/sender', 'Sender', 'sender')
    await look('/settings/sending-domain', 'Sending domain', 'sending-domain')
    await look('/settings/api-keys', 'API keys', 'api-keys')
    await look('/settings/mailbox', 'Mailbox', 'mailbox')
    await context.close()
  })
