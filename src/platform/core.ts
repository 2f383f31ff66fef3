import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import type { Database } from './database.ts'
import type { Keys } from './keys.ts'
import type { Log } from './log.ts'

/** What every part of the program is handed: the outside world as arguments. */
export type Core = Database & { config: Config; keys: Keys; clock: Clock; log: Log }
