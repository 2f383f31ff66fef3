import { readdirSync } from 'node:fs'
import { defineConfig } from '@playwright/test'

// Debian's Chromium instead of a download; the other switches keep it from calling home.
const chromium = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

// `npm run pictures` takes the pictures of docs/ instead.
const ending = process.env['PICTURES'] ? '.pictures.ts' : '.browser.ts'
const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith(ending))

export default defineConfig({
  testDir: '.',
  // A project each, so that every file has a worker, and with it a program and a database, of its own.
  projects: files.map((file) => ({ name: file.slice(0, -ending.length), testMatch: file })),
  outputDir: '../../test-results/browser',
  workers: 2, // mostly they wait for the browser
  timeout: 120_000,
  expect: { timeout: 10_000 },
  reporter: [['list'], ['json', { outputFile: '../../test-results/browser.json' }]],
  use: {
    browserName: 'chromium',
    viewport: { width: 1280, height: 860 },
    contextOptions: { reducedMotion: 'reduce' },
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: chromium,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
})
