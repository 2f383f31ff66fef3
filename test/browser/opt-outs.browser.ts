// Many opt-outs at once: pasted, by file and by domain, contacts or not.
import { inspect } from './inspect.ts'
import { expect, type Program, test } from './program.ts'
import { choose, openAudience, signIn } from './sign-in.ts'

const add = ({ api }: Program, address: string) => api<{ id: string }>('POST', '/contacts', { address })
const statusOf = async ({ api }: Program, id: string) =>
  (await api<{ status: string }>('GET', `/contacts/${id}`)).status

test('an operator pastes addresses, sees what will happen, and opts them out', async ({ page, program }) => {
  const ann = await add(program, 'ann.paste@post.example')
  const bob = await add(program, 'bob.paste@post.example')
  await program.api('POST', '/opt-outs', { addresses: ['left.paste@post.example'] })
  await signIn(page, program)
  await openAudience(page, 'Opt-outs')
  const lines = ['Ann <ann.paste@post.example>', 'left.paste@post.example', 'stranger.paste@post.example']
  const field = page.getByLabel('Addresses', { exact: true })
  await field.fill([...lines, 'sven@inbox,example', ''].join('\n'))
  const will = page.getByRole('region', { name: 'What will happen' })
  await expect(will.getByRole('listitem').filter({ hasText: 'Contacts that opt out' })).toContainText('1')
  await expect(will.getByRole('listitem').filter({ hasText: 'not contacts' })).toContainText('1')
  await expect(will.getByText('Is it sven@inbox.example?')).toBeVisible()
  await will.getByRole('button', { name: 'Correct' }).click()
  await expect(field).toBeFocused()
  expect(await field.evaluate((box) => (box instanceof HTMLTextAreaElement ? box.selectionStart : -1))).toBe(
    lines.join('\n').length + 1,
  )
  expect(await statusOf(program, ann.id)).toBe('active')
  await inspect(page, 'opt-outs')

  await will.getByRole('button', { name: 'Opt out 2 addresses' }).click()
  const question = page.getByRole('dialog', { name: 'Opt out 2 addresses?' })
  await expect(question.getByRole('button', { name: 'Cancel' })).toBeFocused()
  await question.getByRole('button', { name: 'Yes' }).click()
  const did = page.getByRole('status', { name: 'What happened' })
  await expect(did.getByRole('heading', { name: '2 opted out, 1 already was' })).toBeVisible()
  await expect(did.getByText('1 line could not be read')).toBeVisible()
  const saving = page.waitForEvent('download')
  await did.getByRole('button', { name: 'Download the result' }).click()
  expect((await saving).suggestedFilename()).toBe('opt-outs-result.csv')
  expect(await statusOf(program, ann.id)).toBe('opt_out')
  expect(await statusOf(program, bob.id)).toBe('active')
})

test('an operator opts out the people of a file, most of them unknown', async ({ page, program }) => {
  const known = await add(program, 'known.file@post.example')
  await signIn(page, program)
  await openAudience(page, 'Opt-outs')
  await page.getByRole('tab', { name: 'File' }).click()
  const rows = ['known.file@post.example', 'unknown.1@post.example', 'unknown.2@post.example', 'no address']
  await page.locator('input[type=file]').setInputFiles({
    name: 'unsubscribed.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(['Email', ...rows, ''].join('\n')),
  })
  const will = page.getByRole('region', { name: 'What will happen' })
  await expect(will.getByRole('listitem').filter({ hasText: 'Will be opted out' })).toContainText('3')
  await expect(will.getByRole('listitem').filter({ hasText: 'Not an address' })).toContainText('1')
  expect(await statusOf(program, known.id)).toBe('active')
  await page.getByRole('button', { name: 'Opt out 3 addresses' }).click()
  await expect(page.getByRole('region', { name: 'What happened' })).toBeVisible()
  expect(await statusOf(program, known.id)).toBe('opt_out')
  await expect(program.api('POST', '/contacts', { address: 'unknown.1@post.example' })).rejects.toThrow(/409/)
})

test('an operator opts out a group and a segment, and follows the work', async ({ page, program }) => {
  const [grouped, found] = [await add(program, 'in.group@post.example'), await add(program, 'in.segment@post.example')]
  const { id } = await program.api<{ id: string }>('POST', '/groups', { name: 'Leaving together' })
  await program.api('POST', `/groups/${id}/members`, { contactIds: [grouped.id] })
  const condition = { type: 'address', op: 'is', values: ['in.segment@post.example'] }
  await program.api('POST', '/segments', { name: 'Leaving by segment', condition })
  await signIn(page, program)

  await openAudience(page, 'Opt-outs')
  await page.getByRole('tab', { name: 'Segment' }).click()
  await choose(page, 'Segment', 'Leaving by segment')
  await page.getByRole('button', { name: 'Opt out 1 contact' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Yes' }).click()
  await expect(page.getByText('Opted out 1 contact. 0 already were.')).toBeVisible()
  expect(await statusOf(program, found.id)).toBe('opt_out')

  await page.getByRole('tab', { name: 'Group' }).click()
  await choose(page, 'Group', 'Leaving together')
  await page.getByRole('button', { name: 'Opt out 1 contact' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Yes' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Leaving together' })).toBeVisible()
  await expect(page.getByRole('heading', { name: '1 opted out, 0 already were' })).toBeVisible()
  expect(await statusOf(program, grouped.id)).toBe('opt_out')
})

test('an operator opts out a domain, and nobody at it comes in any more', async ({ page, program }) => {
  const here = await add(program, 'here@leaving.example')
  await signIn(page, program)
  await openAudience(page, 'Opt-outs')
  await page.getByRole('tab', { name: 'Domain' }).click()
  await page.getByRole('textbox', { name: 'Domain' }).fill('*@leaving.example')
  await expect(page.getByRole('listitem').filter({ hasText: 'Contacts that opt out' })).toContainText('1')
  await page.getByRole('button', { name: 'Opt out this domain' }).click()
  await page
    .getByRole('dialog', { name: 'Opt out everybody at leaving.example?' })
    .getByRole('button', { name: 'Yes' })
    .click()
  await expect(page.getByRole('heading', { name: '1 opted out, 0 already were' })).toBeVisible()
  await expect(page.getByRole('region', { name: 'Domains and hashed lists' })).toContainText('*@leaving.example')
  expect(await statusOf(program, here.id)).toBe('opt_out')
  await expect(program.api('POST', '/contacts', { address: 'new@leaving.example' })).rejects.toThrow(/409/)
})
