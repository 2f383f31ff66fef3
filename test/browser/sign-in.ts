import type { Page } from '@playwright/test'
import { expect, OWNER, type Program } from './program.ts'

export async function signIn(page: Page, { url }: Program) {
  await page.goto(url)
  await page.getByLabel('Email address').fill(OWNER.email)
  await page.getByLabel('Password', { exact: true }).fill(OWNER.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('navigation', { name: 'Main' })).toBeVisible()
}

/** Opens a page of the section Audience with the links on the left. */
export async function openAudience(page: Page, name: 'Contacts' | 'Groups' | 'Segments' | 'Imports' | 'Opt-outs') {
  const main = page.getByRole('navigation', { name: 'Main' })
  await main.getByRole('link', { name: 'Audience' }).click()
  await main.getByRole('link', { name }).click()
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible()
}

export async function choose(page: Page, label: string, option: string) {
  await page.getByRole('combobox', { name: label }).click()
  await page.getByRole('option', { name: option, exact: true }).click()
}

/** Signs in at a desk's width, where the navigation can be seen, and goes back to the page's own. */
export async function signInAnyWidth(page: Page, program: Program) {
  const size = page.viewportSize() ?? { width: 1280, height: 860 }
  await page.setViewportSize({ width: 1280, height: 860 })
  await signIn(page, program)
  await page.setViewportSize(size)
}
