import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { expect } from './program.ts'

/** Light at a desk and dark on a phone; SCREENS_ALL=1 looks at the other two as well. */
export const looks = [
  { colorScheme: 'light', width: 1280 },
  { colorScheme: 'dark', width: 390 },
  ...(process.env['SCREENS_ALL']
    ? [{ colorScheme: 'light', width: 390 } as const, { colorScheme: 'dark', width: 1280 } as const]
    : []),
] as const

/** Looks at a screen as it stands: axe, its width, and a picture when asked for. */
export async function inspect(page: Page, name: string) {
  const { width } = page.viewportSize() ?? { width: 1280 }
  const dark = await page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches)
  await page.evaluate(() => document.fonts.ready)
  const directory = process.env['SCREENS_DIR']
  if (directory) await page.screenshot({ path: join(directory, `${name}-${width}${dark ? '-dark' : ''}.png`) })
  // At its full height no sticky bar covers a target, which axe would count as too small.
  const height = await page.evaluate(() => document.documentElement.scrollHeight)
  await page.setViewportSize({ width, height: Math.max(height, 844) })
  const { violations } = await new AxeBuilder({ page })
    .exclude('.mail-frame') // somebody's mail, not our screen
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze()
  // What floats (a menu, a list of options) stands outside the landmarks, as it must.
  const floats = ({ id, nodes }: (typeof violations)[number]) =>
    id === 'region' && nodes.every(({ html }) => html.includes('data-portal'))
  const found = violations
    .filter((violation) => !floats(violation))
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
  expect.soft(found, `axe on ${name}`).toEqual([])
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  expect.soft(wider, `${name} is wider than its window`).toBe(0)
  await page.setViewportSize({ width, height: width === 390 ? 844 : 860 })
}
