export type ApiCall = { name: string; method: string; path: string }

/** Calls that need neither key nor session. */
export const OPEN: ReadonlySet<string> = new Set(['GET /setup', 'POST /owner', 'POST /session', 'DELETE /session'])

/** Every call in the program's own description, with 1 for each id: {name: 'GET /jobs/{id}', path: '/api/v1/jobs/1'}. */
export async function everyCall(url: string): Promise<ApiCall[]> {
  const response = await fetch(`${url}/api/openapi.json`)
  const description = (await response.json()) as { paths: Record<string, Record<string, unknown>> }
  return Object.entries(description.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => ({
      name: `${method.toUpperCase()} ${path.replace('/api/v1', '')}`,
      method: method.toUpperCase(),
      path: path.replaceAll(/\{\w+\}/g, '1'),
    })),
  )
}
