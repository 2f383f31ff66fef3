import { Resolver } from 'node:dns/promises'

/** What is asked of the DNS. Nothing found is an empty list; a name server that fails is a DnsSilent. */
export type Dns = { txt: (name: string) => Promise<string[]> }

/** No name server gave an answer, so nothing is known about the name. */
export class DnsSilent extends Error {}

const WAIT_MS = 2000

/** @param servers `address` or `address:port`; none: those of the system */
export function openDns(servers: string[]): Dns {
  const resolver = new Resolver({ timeout: WAIT_MS, tries: 2 })
  if (servers.length > 0) resolver.setServers(servers)
  return {
    txt: async (name) => (await orNothing(() => resolver.resolveTxt(name))).map((chunks) => chunks.join('')),
  }
}

async function orNothing<Found>(ask: () => Promise<Found[]>): Promise<Found[]> {
  try {
    return await ask()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOTFOUND' || code === 'ENODATA') return []
    throw new DnsSilent('the name servers do not answer', { cause: error })
  }
}
