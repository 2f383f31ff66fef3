/** What `npm start` was asked for. */
export type Asked = {
  /** Pages and API. */
  web: boolean
  /** Jobs and sending. */
  worker: boolean
  /** Fill a sample account. */
  demo: boolean
}

const KNOWN = ['--web', '--worker', '--demo']

/**
 * Reads the arguments of the program; neither --web nor --worker means both.
 *
 * @throws Error that lists the arguments there are
 */
export function readArguments(given: string[]): Asked {
  const unknown = given.find((argument) => !KNOWN.includes(argument))
  if (unknown)
    throw new Error(`${unknown} is not known here. There are ${KNOWN.join(', ')}; docs/settings.md has more.`)
  const web = given.includes('--web')
  const worker = given.includes('--worker')
  return { web: web || !worker, worker: worker || !web, demo: given.includes('--demo') }
}
