import { type LookupAddress, lookup } from 'node:dns'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { type AskPage, NotAsked } from '../mailings/answering.ts'

const WAIT_MS = 5000

/** Asks for a page over HTTP; what it says is not read, and a redirect is not followed. */
export const askPage: AskPage = (url, method, may) => {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) && !may(host)) return Promise.reject(new NotAsked())
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const asked = send(url, {
      method,
      lookup: pinned(may),
      agent: false,
      signal: AbortSignal.timeout(WAIT_MS),
      headers: { 'user-agent': 'LastWord link check', accept: '*/*' },
    })
    asked.once('response', (response) => {
      resolve(response.statusCode ?? 0)
      response.destroy()
    })
    asked.on('error', reject)
    asked.end()
  })
}

/** Resolves a name for one connection, and refuses when any of its addresses may not be asked. */
function pinned(may: (address: string) => boolean): LookupFunction {
  return (hostname, { all }, done) => {
    lookup(hostname, { all: true }, (error, addresses: LookupAddress[]) => {
      const [first] = addresses ?? []
      const failure = error ?? (first && addresses.every(({ address }) => may(address)) ? null : new NotAsked())
      if (failure || !first) return done(failure, '', 0)
      return all ? done(null, addresses) : done(null, first.address, first.family)
    })
  }
}
