// The relays as this program sees them: which work, which rest, and how much each may still take.
import type { Config } from '../platform/config.ts'
import type { Core } from '../platform/core.ts'
import { nameOf, type Relay } from '../platform/relay.ts'
import { EVERYBODY, type Limited, takeTurns } from './pace.ts'
import { openSmtp, type SmtpConnection } from './smtp.ts'

const LONGEST_REST_MS = 60_000
/** After so long what a relay was given counts half: one that was away does not get everything until it has caught up. */
const HALF_LIFE_MS = 30_000

/** A relay and how it fares. */
export type Way = {
  name: string
  connections: number
  connect: () => Promise<SmtpConnection>
  /** Whether this lane may use it now; of a relay that failed one lane tries it after a rest, until it works. */
  admits: (lane: object) => boolean
  works: () => boolean
  failed: () => void
  worked: () => void
  /** Takes one of the messages that its limit allows; false when there is none left now. */
  turn: () => Promise<boolean>
  /** Messages given to it lately by its weight: of those that wait for one the lowest is next. */
  rank: () => number
  took: () => void
  /** What is recorded names the relay where there are several. */
  said: (answer: string) => string
}

export const relaysOf = ({ smtp, moreRelays }: Config): Relay[] => (smtp ? [smtp, ...moreRelays] : [])

export function openWay(
  core: Core,
  relay: Relay,
  { several, connect }: { several: boolean; connect?: (() => Promise<SmtpConnection>) | undefined },
): Way {
  const name = nameOf(relay)
  let failures = 0
  let restsUntil = 0
  let prober: object | null = null
  let taken = 0
  let tookAt = 0
  const stock = openStock(core, relay, name)
  const takenNow = () => taken * 0.5 ** ((Date.now() - tookAt) / HALF_LIFE_MS)
  return {
    name,
    connections: relay.connections,
    connect: connect ?? (() => open(core.config, relay)),
    admits: (lane) => {
      if (failures === 0) return true
      if (Date.now() < restsUntil) return false
      prober ??= lane
      return prober === lane
    },
    works: () => failures === 0,
    failed: () => {
      if (Date.now() < restsUntil) return // its other lanes say so too
      failures += 1
      prober = null
      restsUntil = Date.now() + Math.min(LONGEST_REST_MS, 1000 * 2 ** (failures - 1))
    },
    worked: () => {
      failures = 0
      restsUntil = 0
      prober = null
    },
    ...stock,
    rank: () => takenNow() / (relay.weight ?? 1),
    took: () => {
      taken = takenNow() + 1
      tookAt = Date.now()
    },
    said: (answer) => (several ? `${answer} (through ${name})` : answer),
  }
}

/** What a relay may take, drawn from the limit of all programs a second's worth at a time. */
function openStock({ db }: Core, { limit }: Relay, name: string): Pick<Way, 'turn'> {
  if (!limit) return { turn: async () => true }
  const limited: Limited = { accountId: EVERYBODY, subject: `relay ${name}`, limit }
  const atOnce = Math.max(1, Math.floor(limit.most / limit.seconds))
  let stock = 0
  let drawing: Promise<void> | null = null
  async function draw() {
    try {
      stock += await takeTurns(db, limited, atOnce)
    } finally {
      drawing = null
    }
  }
  return {
    turn: async () => {
      if (stock === 0) await (drawing ??= draw())
      if (stock === 0) return false
      stock -= 1
      return true
    },
  }
}

const open = ({ baseUrl }: Config, relay: Relay) => openSmtp(relay, { name: new URL(baseUrl).hostname })

/** A connection to the first relay that can be reached. @throws the last one's error */
export async function openAny(config: Config): Promise<SmtpConnection> {
  let last: unknown = new Error('no mail server is set')
  for (const relay of relaysOf(config)) {
    try {
      return await open(config, relay)
    } catch (error) {
      last = error
    }
  }
  throw last
}
