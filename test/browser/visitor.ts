// What a recipient or visitor does, who has no account and no JavaScript.
import type { Browser, Page } from '@playwright/test'
import { expect, type Program } from './program.ts'

type Letters = { items: { id: string; recipient: string; subject: string }[] }

/** A page on a narrow screen without JavaScript. */
export async function bare(browser: Browser, height = 640): Promise<Page> {
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 320, height } })
  return context.newPage()
}

/** The link in the newest confirmation mail to an address. */
export async function confirmLink({ api }: Program, address: string): Promise<string> {
  let id = ''
  await expect
    .poll(async () => {
      const { items } = await api<Letters>('GET', `/mailbox?search=${encodeURIComponent(address)}`)
      id = items.find(({ subject }) => subject.startsWith('Confirm'))?.id ?? ''
      return id
    })
    .not.toBe('')
  const { text } = await api<{ text: string }>('GET', `/mailbox/${id}`)
  return /https?:\/\/\S+\/confirm\/\S+/.exec(text)?.[0] ?? ''
}

/** Presses until the answer is there: a form that is sent within 2 seconds asks to be sent once more. */
export async function pressSignUp(page: Page) {
  await expect
    .poll(
      async () => {
        const button = page.getByRole('button', { name: 'Sign up' })
        if (await button.isVisible()) await button.click()
        return page.getByRole('heading', { level: 1, name: 'Look in your mailbox' }).isVisible()
      },
      { intervals: [2100] },
    )
    .toBe(true)
}
