import type { Page } from '@playwright/test'
import { expect, type Program } from './program.ts'

type Listed = { items: { id: string; address: string; status: string }[] }

export async function statusOf({ api }: Program, address: string) {
  const { items } = await api<Listed>('GET', `/contacts?search=${encodeURIComponent(address)}`)
  return items.find((contact) => contact.address === address)?.status
}

/** The Actions menu, Change status of all, Opt-Out, Save, Yes. */
export async function optOutAll(page: Page, contacts: string) {
  await page.getByRole('button', { name: 'Actions' }).click()
  await expect(page.getByRole('menuitem')).toHaveText([
    'Remove from group',
    'Change status of all',
    'Copy members',
    'Archive',
    'Rename',
  ])
  await page.getByRole('menuitem', { name: 'Change status of all' }).click()
  const choice = page.getByRole('dialog', { name: 'Change status of all' })
  await choice.getByRole('button', { name: 'Save' }).click()
  await expect(choice.getByText('Choose a status.')).toBeVisible()
  await choice.getByRole('radio', { name: 'Opt-Out' }).check()
  await choice.getByRole('button', { name: 'Save' }).click()
  const question = page.getByRole('dialog', { name: `Opt out ${contacts}?` })
  await expect(question.getByRole('button', { name: 'Cancel' })).toBeFocused()
  await question.getByRole('button', { name: 'Yes' }).click()
}
