import { z } from 'zod'

export const MOST_TEST_ADDRESSES = 10

export const testSend = z
  .strictObject({ addresses: z.array(z.string().max(1000)).min(1).max(MOST_TEST_ADDRESSES) })
  .meta({ id: 'TestSend' })

/** What became of the test for one address; `reason` is null when it was sent. */
export const testResult = z
  .object({ address: z.string(), sent: z.boolean(), reason: z.string().nullable() })
  .meta({ id: 'TestResult' })
export type TestResult = z.infer<typeof testResult>
export const testSent = z.object({ results: z.array(testResult) }).meta({ id: 'TestSent' })
export type TestSent = z.infer<typeof testSent>
