// Real counts from the reports of the test runners.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run.mjs'

export function countVitest(report, code) {
  const found = read(report)
  if (!found) return lost
  // A file that cannot be loaded has no test that could fail.
  const broken = found.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((result) => result.status === 'failed'),
  ).length
  return honest(
    { passed: found.numPassedTests, failed: found.numFailedTests + broken, skipped: found.numPendingTests },
    code,
  )
}

export function countPlaywright(report, code) {
  const found = read(report)
  if (!found) return lost
  const { expected, unexpected, flaky, skipped } = found.stats
  return honest({ passed: expected + flaky, failed: unexpected + found.errors.length, skipped }, code)
}

const lost = { passed: 0, failed: 1, skipped: 0 }

/** A runner that ends with an error has failed, even when no test of it did. */
const honest = (counts, code) => (code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts)

function read(report) {
  const path = join(root, 'test-results', report)
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null
}
