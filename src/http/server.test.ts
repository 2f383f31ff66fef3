import { expect, test } from 'vitest'
import { startProgram } from '../../test/program.ts'

const program = await startProgram()

test('the program says that it can do its work', async () => {
  const response = await fetch(`${program.url}/healthz`)
  expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }])
})

test('the program describes its API', async () => {
  const response = await fetch(`${program.url}/api/openapi.json`)
  expect(response.status).toBe(200)
})

test('an address of the API that does not exist is answered as JSON', async () => {
  const response = await fetch(`${program.url}/api/v1/nothing`, { headers: { accept: 'text/html' } })
  expect([response.status, await response.json()]).toMatchObject([404, { code: 'request.not_found' }])
})
