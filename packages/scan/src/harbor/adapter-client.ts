import type * as z from 'zod'
import { ScanError } from '../errors.ts'
import { readResponse } from '../internal/read-response.ts'

/** Calls an adapter of Harbor's pluggable scanner API. */
export interface AdapterClient {
  /** Calls and reads JSON of a known form. */
  json<T>(path: string, schema: z.ZodType<T>, request: AdapterRequest): Promise<T>
  /** Asks for a report: it is there, or will be later. */
  report(path: string, request: Pick<AdapterRequest, 'accept' | 'signal'>): Promise<AdapterReport>
}

/** A call. */
export interface AdapterRequest {
  readonly method?: 'GET' | 'POST' | undefined
  readonly accept: string
  readonly contentType?: string | undefined
  readonly body?: object | undefined
  /** The status of success. Default 200. */
  readonly status?: number | undefined
  readonly signal: AbortSignal
}

/** What the adapter says of a report. */
export type AdapterReport =
  | { readonly kind: 'ready'; readonly body: Uint8Array }
  | { readonly kind: 'waiting'; readonly afterMs?: number | undefined }

interface AdapterClientOptions {
  readonly url: string
  readonly authorization?: string | undefined
  readonly scanner: string
}

const maxBodyBytes = 256 * 1024 * 1024
const maxWaitSeconds = 300

/**
 * Creates a client. It follows no redirect, so that its authorization goes nowhere else.
 *
 * @throws {ScanError} `OPTIONS_INVALID` when the address is none, or holds credentials.
 */
export function createAdapterClient({ url, authorization, scanner }: AdapterClientOptions): AdapterClient {
  const base = parseBase(url, scanner)

  const call = async (path: string, request: AdapterRequest): Promise<Response> => {
    const { method = 'GET', accept, contentType, body, signal } = request
    try {
      return await fetch(`${base}${path}`, {
        method,
        redirect: 'manual',
        headers: {
          accept,
          ...(contentType && { 'content-type': contentType }),
          ...(authorization && { authorization }),
        },
        ...(body && { body: JSON.stringify(body) }),
        signal,
      })
    } catch (cause) {
      signal.throwIfAborted()
      throw new ScanError('SCANNER_FAILED', `the adapter at ${base} does not answer`, {
        cause,
        scanner,
        retryable: true,
      })
    }
  }
  const refuse = (path: string, status: number): ScanError =>
    new ScanError('SCANNER_FAILED', `the adapter answered ${status} to ${path}`, {
      scanner,
      retryable: status === 429 || status >= 500,
    })

  return {
    async json(path, schema, request) {
      const response = await call(path, request)
      const body = await readResponse(response, maxBodyBytes, { what: 'the adapter', scanner })
      if (response.status !== (request.status ?? 200)) throw refuse(path, response.status)
      let value: unknown
      try {
        value = JSON.parse(Buffer.from(body).toString('utf8'))
      } catch {
        value = undefined
      }
      const parsed = schema.safeParse(value)
      if (parsed.success) return parsed.data
      throw new ScanError('REPORT_INVALID', `the adapter's answer to ${path} is not as the API says`, {
        scanner,
      })
    },

    async report(path, { accept, signal }) {
      const response = await call(path, { accept, signal })
      const body = await readResponse(response, maxBodyBytes, { what: 'the adapter', scanner })
      if (response.status === 200) return { kind: 'ready', body }
      if (response.status !== 302) throw refuse(path, response.status)
      const seconds = Number(response.headers.get('refresh-after') ?? Number.NaN)
      // a second at least: zero would be asking without pause
      const isUsual = seconds >= 1 && seconds <= maxWaitSeconds
      return { kind: 'waiting', afterMs: isUsual ? seconds * 1000 : undefined }
    },
  }
}

function parseBase(url: string, scanner: string): string {
  const parsed = URL.parse(url)
  if (parsed === null || !/^https?:$/.test(parsed.protocol) || parsed.username || parsed.password) {
    throw new ScanError(
      'OPTIONS_INVALID',
      'the address of the adapter must be http(s), without credentials',
      {
        scanner,
      },
    )
  }
  return `${parsed.origin}${parsed.pathname.replace(/\/+$/, '')}/api/v1`
}
