// "How to opt out contacts", step by step with the words on the screen.
import { optOutAll, statusOf } from './opt-out-steps.ts'
import { expect, test } from './program.ts'
import { choose, openAudience, signIn } from './sign-in.ts'

type Added = { id: string }

test('an operator opts out one contact', async ({ page, program }) => {
  await program.api('POST', '/contacts', { address: 'ann.bell@post.example', fields: { first_name: 'Ann' } })
  await program.api('POST', '/contacts', { address: 'bob.cole@post.example' })
  await signIn(page, program)
  await openAudience(page, 'Contacts')
  await page.getByRole('searchbox', { name: 'Search contacts' }).fill('ann.bell')
  await expect(page.getByText('1 contact matches')).toBeVisible()
  await page.getByRole('link', { name: 'ann.bell@post.example' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'ann.bell@post.example' })).toBeFocused()

  await page.getByRole('combobox', { name: 'Status' }).click()
  await expect(page.getByRole('option')).toHaveText(['Active', 'Error', 'Opt-Out'])
  await page.getByRole('option', { name: 'Opt-Out' }).click()
  const question = page.getByRole('dialog', { name: 'Change status to Opt-Out?' })
  await expect(question.getByRole('button', { name: 'Cancel' })).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(question).toBeHidden()
  expect(await statusOf(program, 'ann.bell@post.example')).toBe('active')

  await choose(page, 'Status', 'Opt-Out')
  await page.getByRole('dialog').getByRole('button', { name: 'Yes' }).click()
  await expect(page.getByRole('heading', { name: /^Ann opted out on \d+ \w+ \d{4} at \d\d:\d\d$/ })).toBeVisible()
  await expect(page.getByText('Details and status are locked')).toBeVisible()
  await expect(page.getByRole('combobox', { name: 'Status' })).toHaveCount(0)
  await expect(page.getByRole('button', { name: 'Save' })).toHaveCount(0)
  expect(await statusOf(program, 'ann.bell@post.example')).toBe('opt_out')
  expect(await statusOf(program, 'bob.cole@post.example')).toBe('active')
})

test('an operator opts out many contacts with a group made for this', async ({ page, program }) => {
  for (const name of ['cleo', 'dina', 'edda'])
    await program.api('POST', '/contacts', { address: `${name}.many@post.example`, fields: { last_name: 'Many' } })
  await signIn(page, program)
  await openAudience(page, 'Contacts')
  await page.getByRole('searchbox', { name: 'Search contacts' }).fill('many@')
  await expect(page.getByText('3 contacts match')).toBeVisible()
  await page.getByRole('checkbox', { name: 'Select cleo.many@post.example' }).check()
  await page.getByRole('checkbox', { name: 'Select dina.many@post.example' }).check()
  const bar = page.getByRole('region', { name: 'Selected contacts' })
  await expect(bar.getByText('2 selected')).toBeVisible()
  await bar.getByRole('button', { name: 'Add to group' }).click()
  const dialog = page.getByRole('dialog', { name: 'Add 2 contacts to a group' })
  await dialog.getByLabel('Add a new group').fill('opt-outs')
  await dialog.getByRole('button', { name: 'Add', exact: true }).click()
  await expect(page.getByText('Added 2 contacts to opt-outs.')).toBeVisible()

  await openAudience(page, 'Groups')
  await page.getByRole('link', { name: 'opt-outs', exact: true }).first().click()
  await optOutAll(page, '2 contacts')
  await expect(page.getByText('Opted out 2 contacts.')).toBeVisible()
  await expect(page.getByRole('heading', { name: '2 opted out, 0 already were' })).toBeVisible()
  expect(await statusOf(program, 'cleo.many@post.example')).toBe('opt_out')
  expect(await statusOf(program, 'dina.many@post.example')).toBe('opt_out')
  expect(await statusOf(program, 'edda.many@post.example')).toBe('active')
})

test('an operator opts out people who are not in the audience yet', async ({ page, program }) => {
  const known = await program.api<Added>('POST', '/contacts', { address: 'out.already@post.example' })
  await program.api('POST', `/contacts/${known.id}/status`, { status: 'opt_out' })
  await signIn(page, program)
  await openAudience(page, 'Imports')
  await page.getByRole('link', { name: 'Import contacts' }).first().click()
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Choose file' }).click()
  const file =
    'E-mail;First name\nfay@post.example;Fay\nGUS@post.example;Gus\nout.already@post.example;Out\nno address;No\n'
  await (await chooser).setFiles({ name: 'unsubscribed.csv', mimeType: 'text/csv', buffer: Buffer.from(file) })

  await expect(page.getByRole('heading', { name: 'Match columns' })).toBeVisible()
  await expect(page.getByRole('combobox', { name: 'Where E-mail goes' })).toHaveValue('Address')
  await page.reload()
  await page.getByRole('button', { name: 'Continue' }).click()
  await expect(page.getByRole('heading', { name: 'Choose your groups' })).toBeVisible()
  await page.getByLabel('Add a new group').fill('Opt-outs of the shop')
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await expect(page.getByRole('checkbox', { name: 'Opt-outs of the shop' })).toBeChecked()
  await page.getByRole('button', { name: 'Continue' }).click()

  const will = page.getByRole('region', { name: 'What will happen' })
  await expect(will.getByRole('listitem').filter({ hasText: 'Will be added' })).toContainText('2')
  await expect(will.getByRole('listitem').filter({ hasText: 'Not an address' })).toContainText('1')
  expect(await statusOf(program, 'fay@post.example')).toBeUndefined()
  await page.getByRole('button', { name: 'Import 2 contacts' }).click()

  const did = page.getByRole('region', { name: 'What happened' })
  await did.getByRole('button', { name: 'Show rows: Not an address' }).click()
  const rows = page.getByRole('dialog', { name: 'Not an address' })
  await expect(rows.getByRole('row').filter({ hasText: 'no address' })).toBeVisible()
  await rows.getByRole('button', { name: 'Close' }).click()
  expect(await statusOf(program, 'fay@post.example')).toBe('active')
  await page.getByRole('link', { name: 'Show the group Opt-outs of the shop' }).click()
  await optOutAll(page, '2 contacts')
  await expect(page.getByRole('heading', { name: '2 opted out, 0 already were' })).toBeVisible()
  expect(await statusOf(program, 'fay@post.example')).toBe('opt_out')
})
