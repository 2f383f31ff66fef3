import { z } from 'zod'
import { failure } from '../src/platform/page.contract.ts'

/** An answer that is not the one asked for; `message` is a sentence for people. */
export class ApiFailure extends Error {
  readonly code: string
  /** 0 when no answer came. */
  readonly status: number
  readonly fields: unknown

  constructor(code: string, message: string, status: number, fields?: unknown) {
    super(message)
    this.name = 'ApiFailure'
    this.code = code
    this.status = status
    this.fields = fields
  }
}

type Query = Record<string, string | number | boolean | undefined>
const nothing = z.unknown()

export const get = <S extends z.ZodType>(path: string, schema: S, query: Query = {}) =>
  send('GET', path + queryText(query), schema)
export const post = <S extends z.ZodType>(path: string, schema: S, body?: unknown) => send('POST', path, schema, body)
export const patch = <S extends z.ZodType>(path: string, schema: S, body: unknown) => send('PATCH', path, schema, body)
export const del = <S extends z.ZodType>(path: string, schema: S, body?: unknown) => send('DELETE', path, schema, body)
/** For calls whose answer does not matter once it is not a failure. */
export const anything = nothing

async function send<S extends z.ZodType>(
  method: string,
  path: string,
  schema: S,
  body?: unknown,
): Promise<z.output<S>> {
  const response = await fetch(`/api/v1${path}`, {
    method,
    credentials: 'same-origin',
    headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch(() => {
    throw noConnection()
  })
  return readAnswer(response.status, await response.text(), schema)
}

/**
 * Sends one file, telling how much has arrived (0 to 1).
 *
 * @throws ApiFailure also when the connection breaks on the way
 */
export function upload<S extends z.ZodType>(
  path: string,
  schema: S,
  file: File,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<z.output<S>> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    let arrived = 0
    request.upload.onprogress = (event) => {
      arrived = event.total === 0 ? 0 : event.loaded / event.total
      onProgress(arrived)
    }
    request.onload = () => {
      try {
        resolve(readAnswer(request.status, request.responseText, schema))
      } catch (error) {
        reject(error instanceof Error ? error : noConnection())
      }
    }
    const text = () =>
      `The file stopped arriving at ${Math.floor(arrived * 100)}%. Nothing was imported. Choose the file again to go on.`
    request.onerror = () => reject(new ApiFailure('upload.broken', text(), 0))
    request.onabort = () => reject(new ApiFailure('upload.stopped', 'The upload was stopped. Nothing was imported.', 0))
    signal.addEventListener('abort', () => request.abort())
    const form = new FormData()
    form.append('file', file)
    request.open('POST', `/api/v1${path}`)
    request.setRequestHeader('accept', 'application/json')
    request.send(form)
  })
}

/** What an error says to people. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Faults by field, from an answer such as fields: [{path: "/subject", message: "…"}]. */
export function faultsOf(error: unknown): Record<string, string> {
  if (!(error instanceof ApiFailure) || !Array.isArray(error.fields)) return {}
  return Object.fromEntries(
    error.fields.flatMap((field: unknown) =>
      typeof field === 'object' && field !== null && 'path' in field && 'message' in field
        ? [[String(field.path).replace(/^\//, ''), String(field.message)]]
        : [],
    ),
  )
}

export const isNotFound = (error: unknown) => error instanceof ApiFailure && error.status === 404

function readAnswer<S extends z.ZodType>(status: number, text: string, schema: S): z.output<S> {
  const json = text === '' ? null : readJson(text)
  if (status >= 400) {
    const parsed = failure.safeParse(json)
    if (parsed.success) throw new ApiFailure(parsed.data.code, parsed.data.message, status, parsed.data.fields)
    throw new ApiFailure('unavailable', 'The server did not answer as it should. Try again in a moment.', status)
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  // A page that is older than the server reads answers wrongly.
  throw new ApiFailure('answer.unknown', 'The server speaks a newer version than this page. Reload the page.', status)
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function noConnection() {
  return new ApiFailure('offline', 'The server cannot be reached. Check the connection and try again.', 0)
}

function queryText(query: Query) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '')
  return given.length === 0 ? '' : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`
}
