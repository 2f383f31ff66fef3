// What came back: the opt-outs of a mailing by source, and a contact who is not to be tracked.
import { inspect, looks } from './inspect.ts'
import { expect, type Program, test } from './program.ts'
import { signIn, signInAnyWidth } from './sign-in.ts'

type Made = { id: string }
type Letters = { items: Made[] }

let made: Promise<{ contact: string; left: string; mailing: string }> | undefined
const fill = (program: Program) => (made ??= fillOnce(program))

/** A tracked mailing whose only recipient left with its link, and a contact who stays. */
async function fillOnce({ api }: Program) {
  await api('PATCH', '/account', {
    senderName: 'Fernmoor Garden',
    senderAddress: 'news@fernmoor.example',
    postalAddress: '4 Glasshouse Lane, Fernmoor FM1 2GH',
  })
  const { id: group } = await api<Made>('POST', '/groups', { name: 'Growers' })
  const { id: left } = await api<Made>('POST', '/contacts', { address: 'noor@post.example', groupIds: [group] })
  const { id: contact } = await api<Made>('POST', '/contacts', { address: 'ines@post.example' })
  const { id: mailing } = await api<Made>('POST', '/mailings', {
    name: 'Autumn bulbs',
    subject: 'Bulbs',
    html: '<p><a href="https://fernmoor.example/bulbs">Bulbs</a></p>',
    tracking: true,
    groupIds: [group],
  })
  await api('POST', `/mailings/${mailing}/send`, {})
  let letter = ''
  await expect
    .poll(async () => (letter = (await api<Letters>('GET', '/mailbox')).items[0]?.id ?? ''), { timeout: 20_000 })
    .not.toBe('')
  const { text } = await api<{ text: string }>('GET', `/mailbox/${letter}`)
  const answer = await fetch(/https?:\/\/\S+\/o\/\S+/.exec(text)?.[0] ?? '', { method: 'POST' })
  expect(answer.status).toBe(200)
  return { contact, left, mailing }
}

test('a contact is left untracked on the record, and its timeline tells it (LW-15)', async ({ page, program }) => {
  const { contact } = await fill(program)
  await signIn(page, program)
  await page.goto(`${program.url}/audience/contacts/${contact}`)
  const untracked = page.getByRole('switch', { name: 'Do not track' })
  await untracked.click()
  await expect(page.getByText(/^No opens and clicks are recorded any more/)).toBeVisible()
  await page.reload()
  await expect(untracked).toBeChecked()
  await untracked.click()
  await expect(page.getByText(/^Opens and clicks may be recorded again/)).toBeVisible()
  await expect(untracked).not.toBeChecked()
})

test('a contact who opted out can be left untracked, and then nothing is left to press', async ({ page, program }) => {
  const { left } = await fill(program)
  await signIn(page, program)
  await page.goto(`${program.url}/audience/contacts/${left}`)
  await page.getByRole('switch', { name: 'Do not track' }).click()
  await expect(page.getByText('Not tracked', { exact: true })).toBeVisible()
  await expect(page.getByRole('switch')).toHaveCount(0)
})

for (const { colorScheme, width } of looks)
  test(`the response of a mailing is sound in ${colorScheme} at ${width} pixels`, async ({ browser, program }) => {
    const { contact, mailing } = await fill(program)
    const context = await browser.newContext({ colorScheme, reducedMotion: 'reduce', viewport: { width, height: 860 } })
    const page = await context.newPage()
    await signInAnyWidth(page, program)
    await page.goto(`${program.url}/mailings/${mailing}`)
    const panel = page.locator('section', { has: page.getByRole('heading', { name: 'Opt-outs by source' }) })
    await expect(panel.getByRole('row', { name: 'Link in a mail 1' })).toBeVisible()
    await panel.scrollIntoViewIfNeeded()
    await inspect(page, 'mailing-response')
    await page.goto(`${program.url}/audience/contacts/${contact}`)
    await page.getByRole('switch', { name: 'Do not track' }).scrollIntoViewIfNeeded()
    await inspect(page, 'contact-tracking')
    await context.close()
  })
