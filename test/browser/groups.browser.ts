// Groups: a test group that is full, pasted addresses with an account of every line, and copying by status.
import { inspect } from './inspect.ts'
import { expect, type Program, test } from './program.ts'
import { openAudience, signIn } from './sign-in.ts'

type Made = { id: string }
type Group = { counts: { active: number; error: number; optOut: number } }

const add = ({ api }: Program, address: string, groupIds: string[] = []) =>
  api<Made>('POST', '/contacts', { address, groupIds })
const countsOf = async ({ api }: Program, id: string) => (await api<Group>('GET', `/groups/${id}`)).counts

test('a test group takes ten contacts and says what to do about the eleventh', async ({ page, program }) => {
  for (let n = 0; n <= 10; n++) await add(program, `proof${n}@post.example`)
  await signIn(page, program)
  await openAudience(page, 'Groups')
  await page.getByRole('button', { name: 'Create a group' }).first().click()
  const creating = page.getByRole('dialog', { name: 'Create a group' })
  await creating.getByLabel('Name').fill('Proof readers')
  await creating.getByRole('checkbox', { name: 'Test group (at most 10 contacts)' }).check()
  await inspect(page, 'group-create')
  await creating.getByRole('button', { name: 'Create group' }).click()
  await expect(page.getByText('Test group, at most 10 contacts')).toBeVisible()
  await inspect(page, 'group-empty')
  await page.getByRole('button', { name: 'Add contacts' }).first().click()
  const adding = page.getByRole('dialog', { name: 'Add contacts to Proof readers' })
  await adding.getByLabel('Search contacts to add').fill('proof')
  const found = adding.getByRole('list', { name: 'Contacts that were found' }).getByRole('checkbox')
  await expect(found).toHaveCount(11)
  for (const box of await found.all()) await box.check()
  await inspect(page, 'group-add-search')
  await adding.getByRole('button', { name: 'Add 11 contacts' }).click()
  await expect(adding.getByRole('alert')).toContainText('holds at most 10 contacts. Nobody was added.')
  await found.last().uncheck()
  await adding.getByRole('button', { name: 'Add 10 contacts' }).click()
  await expect(page.getByText('Added 10 contacts to Proof readers.')).toBeVisible()
  await expect(page.getByText('A mailing to this group reaches 10 people.')).toBeVisible()
})

test('pasted addresses join a group, and what became of every line is told', async ({ page, program }) => {
  const { api } = program
  const { id } = await api<Made>('POST', '/groups', { name: 'Spring fair' })
  await add(program, 'known.fair@post.example')
  await add(program, 'inside.fair@post.example', [id])
  await api('POST', '/opt-outs', { addresses: ['left.fair@post.example'] })
  await signIn(page, program)
  await page.goto(`${program.url}/audience/groups/${id}`)
  await page.getByRole('button', { name: 'Add contacts' }).click()
  await page.getByRole('tab', { name: 'Paste addresses' }).click()
  const pasted = [
    'Known <known.fair@post.example>',
    'inside.fair@post.example',
    '',
    'left.fair@post.example, new.fair@post.example',
    'KNOWN.fair@post.example',
    'no address',
  ]
  const field = page.getByLabel('Addresses', { exact: true })
  await field.fill(pasted.join('\n'))
  await page.getByRole('button', { name: 'Add 6 addresses' }).click()
  const happened = page.getByRole('region', { name: 'What happened' })
  const line = (title: string) => happened.getByRole('listitem').filter({ hasText: title })
  await expect(happened.getByRole('heading', { name: 'What happened' })).toBeFocused()
  await expect(line('Added to the group')).toContainText('1')
  await expect(line('Already in the group')).toContainText('1')
  await expect(line('Opted out').first()).toContainText('left.fair@post.example')
  await expect(line('Pasted more than once')).toContainText('1')
  await expect(line('Not a contact').first()).toContainText('new.fair@post.example')
  await expect(line('Line 6: no address').last()).toContainText('There is no @.')
  await inspect(page, 'group-pasted')
  await happened.getByRole('button', { name: 'Go on with the other 2' }).click()
  await expect(field).toHaveValue('new.fair@post.example\nno address')
  await field.fill('new.fair@post.example\nleft.fair@post.example')
  await page.getByRole('checkbox', { name: 'Make contacts of unknown addresses' }).check()
  await inspect(page, 'group-paste')
  await page.getByRole('button', { name: 'Add 2 addresses' }).click()
  await expect(line('Added to the group')).toContainText('1 address became a contact.')
  await happened.getByRole('button', { name: 'Close' }).click()
  expect(await countsOf(program, id)).toEqual({ active: 3, error: 0, optOut: 0 })
  await expect(page.getByText('A mailing to this group reaches 3 people.')).toBeVisible()
})

test('members are copied by status, and emptying a group leaves who opted out in it', async ({ page, program }) => {
  const { api } = program
  const { id } = await api<Made>('POST', '/groups', { name: 'Winter course' })
  for (const name of ['ann', 'bea', 'cleo']) await add(program, `${name}.course@post.example`, [id])
  const failing = await add(program, 'fail.course@post.example', [id])
  await api('POST', `/contacts/${failing.id}/status`, { status: 'error' })
  const left = await add(program, 'left.course@post.example', [id])
  await api('POST', `/contacts/${left.id}/status`, { status: 'opt_out' })
  await signIn(page, program)
  await page.goto(`${program.url}/audience/groups/${id}`)
  await page.getByRole('button', { name: 'Actions' }).click()
  await page.getByRole('menuitem', { name: 'Copy members' }).click()
  const copying = page.getByRole('dialog', { name: 'Copy members' })
  await expect(copying.getByRole('button', { name: 'Copy 4 contacts' })).toBeVisible()
  await copying.getByRole('checkbox', { name: 'Error' }).uncheck()
  await copying.getByRole('button', { name: 'Copy 3 contacts' }).click()
  await expect(copying.getByRole('alert')).toHaveText('Choose a group, or enter a name for a new one.')
  await copying.getByLabel('Add a new group').fill('Spring course')
  await inspect(page, 'group-copy')
  await copying.getByRole('button', { name: 'Copy 3 contacts' }).click()
  await expect(page.getByRole('heading', { name: '3 contacts copied' })).toBeVisible()
  await expect(page.getByText('1 opted out and joins no group.')).toBeVisible()
  await inspect(page, 'group-copied')
  await page.reload()
  await expect(page.getByRole('heading', { name: '3 contacts copied' })).toBeVisible()

  await page.getByRole('button', { name: 'Actions' }).click()
  await page.getByRole('menuitem', { name: 'Remove from group' }).click()
  const question = page.getByRole('dialog', { name: 'Remove all 4 contacts from Winter course?' })
  await expect(question).toContainText('1 contact in this group opted out and stays in it, for the record.')
  await question.getByRole('button', { name: 'Yes' }).click()
  await expect(page.getByRole('heading', { name: '4 contacts removed' })).toBeVisible()
  expect(await countsOf(program, id)).toEqual({ active: 0, error: 0, optOut: 1 })
  await page.getByRole('link', { name: 'Groups' }).first().click()
  await expect(page.getByRole('link', { name: 'Spring course' })).toBeVisible()
  await inspect(page, 'groups-kinds')
})
