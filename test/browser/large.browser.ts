// "How to opt out contacts" once more, in an audience of 100,000.
import { optOutAll, statusOf } from './opt-out-steps.ts'
import { expect, test } from './program.ts'
import { choose, openAudience, signIn } from './sign-in.ts'

const SIZE = 100_000
const place = (n: number) => String(n).padStart(6, '0')
const member = (n: number) => `member.${place(n)}@post.example`

test('opting out works the same among 100,000 contacts', async ({ page, program }) => {
  test.setTimeout(300_000)
  const rows = Array.from({ length: SIZE }, (_, n) => `${member(n)},Member,No ${place(n)}`)
  const file = new Blob([['Email,First name,Last name', ...rows, ''].join('\n')])
  const done = await program.importFile(file, 'members.csv', { newGroups: ['Members'] })
  expect(done).toMatchObject({ status: 'done', counts: { added: SIZE } })

  await signIn(page, program)
  await openAudience(page, 'Contacts')
  await page.getByRole('searchbox', { name: 'Search contacts' }).fill('member.050000')
  await expect(page.getByText('1 contact matches')).toBeVisible()
  await page.getByRole('link', { name: member(50_000) }).click()
  await choose(page, 'Status', 'Opt-Out')
  await page.getByRole('dialog').getByRole('button', { name: 'Yes' }).click()
  await expect(page.getByRole('heading', { name: /opted out on/ })).toBeVisible()

  await openAudience(page, 'Groups')
  await page.getByRole('link', { name: 'Members', exact: true }).click()
  await optOutAll(page, '99,999 contacts')
  await expect(page.getByRole('heading', { name: '99,999 opted out, 1 already was' })).toBeVisible({ timeout: 60_000 })
  for (const n of [0, 50_000, SIZE - 1]) expect(await statusOf(program, member(n))).toBe('opt_out')

  const again = await program.importFile(file, 'members.csv', { newGroups: ['Again'] })
  expect(again.counts).toMatchObject({ rows: SIZE, added: 0, updated: 0, optedOut: SIZE })
})
