import { z } from 'zod'
import { ScanError } from '../errors.ts'
import { readResponse } from '../internal/read-response.ts'
import type { ScanData } from '../scan-report.ts'
import { trivyMetadataSchema } from './trivy.schema.ts'

/** Where a server of Trivy is. */
export interface TrivyServerAddress {
  /** `http(s)://host:port`, with the path of a proxy in front of it, if there is one. */
  readonly url: string
  /** What the server was started with as `--token`. Default: none. */
  readonly token?: string | undefined
  /** The header for it. Default `Trivy-Token`. */
  readonly tokenHeader?: string | undefined
  /** The server's `--path-prefix`. Default `/twirp`. */
  readonly pathPrefix?: string | undefined
}

/** What a server says of itself. */
export interface TrivyServerVersion {
  readonly trivyVersion: string
  readonly database: ScanData
}

/** Speaks with a server of Trivy. */
export interface TrivyServerClient {
  version(signal: AbortSignal): Promise<TrivyServerVersion>
  /** Calls a method of Twirp in JSON, e.g. `trivy.scanner.v1.Scanner/Scan`. */
  call(method: string, body: object, signal: AbortSignal): Promise<unknown>
}

const versionSchema = z.object({
  Version: z.string().max(64),
  VulnerabilityDB: trivyMetadataSchema.nullish(),
})
const twirpErrorSchema = z.object({ code: z.string(), msg: z.string() })
const maxVersionBytes = 64 * 1024

/**
 * Makes a client. The token goes to this address alone: redirects are not followed.
 *
 * @throws {ScanError} `OPTIONS_INVALID` when the address is none, or holds credentials, or the header is none.
 */
export function createServerClient(
  { url, token, tokenHeader = 'Trivy-Token', pathPrefix = '/twirp' }: TrivyServerAddress,
  { maxBytes, scanner }: { readonly maxBytes: number; readonly scanner: string },
): TrivyServerClient {
  const base = parseBase(url, scanner)
  const prefix = `${base}/${pathPrefix.replace(/^\/+|\/+$/g, '')}`
  if (!/^[\w-]{1,128}$/.test(tokenHeader) || (token !== undefined && !/^[\x21-\x7e]{1,4096}$/.test(token))) {
    throw new ScanError('OPTIONS_INVALID', 'token or its header cannot stand in a request', { scanner })
  }
  const fail = (message: string, retryable: boolean, cause?: unknown) =>
    new ScanError('SCANNER_FAILED', message, { cause, scanner, retryable })

  const ask = async (address: string, init: RequestInit, limit: number) => {
    let response: Response
    try {
      response = await fetch(address, { ...init, redirect: 'manual' })
      return {
        status: response.status,
        bytes: await readResponse(response, limit, { what: "Trivy's server", scanner }),
      }
    } catch (cause) {
      init.signal?.throwIfAborted()
      if (cause instanceof ScanError) throw cause
      throw fail(`Trivy's server at ${base} does not answer`, true, cause)
    }
  }

  return {
    async version(signal) {
      const { status, bytes } = await ask(`${base}/version`, { signal }, maxVersionBytes)
      if (status !== 200) throw fail(`Trivy's server answered ${status} to /version`, status >= 500)
      const found = versionSchema.safeParse(parseJson(bytes))
      if (!found.success) {
        throw new ScanError('REPORT_INVALID', `${base} does not say its version as Trivy's server does`, {
          scanner,
        })
      }
      const { Version: trivyVersion, VulnerabilityDB: database } = found.data
      if (!database)
        throw new ScanError('DATA_UNAVAILABLE', `Trivy's server at ${base} has no database`, { scanner })
      return {
        trivyVersion,
        database: {
          name: 'trivy-db',
          updatedAt: database.UpdatedAt,
          schemaVersion: String(database.Version),
        },
      }
    },

    async call(method, body, signal) {
      const headers = { 'content-type': 'application/json', ...(token && { [tokenHeader]: token }) }
      const init = { method: 'POST', headers, body: JSON.stringify(body), signal }
      const { status, bytes } = await ask(`${prefix}/${method}`, init, maxBytes)
      const value = parseJson(bytes)
      if (status !== 200) {
        const error = twirpErrorSchema.safeParse(value)
        const why = error.success ? `: ${error.data.code}, ${error.data.msg}`.slice(0, 500) : ''
        const words = token === undefined ? why : why.replaceAll(token, '***')
        throw fail(`Trivy's server answered ${status} to ${method}${words}`, status === 429 || status >= 502)
      }
      if (value !== undefined) return value
      throw new ScanError(
        'REPORT_INVALID',
        `Trivy's server answered ${method} with something else than JSON`,
        {
          scanner,
        },
      )
    },
  }
}

function parseBase(url: string, scanner: string): string {
  const parsed = URL.parse(url)
  if (
    parsed === null ||
    !/^https?:$/.test(parsed.protocol) ||
    parsed.username ||
    parsed.password ||
    parsed.search ||
    parsed.hash
  ) {
    throw new ScanError(
      'OPTIONS_INVALID',
      "the address of Trivy's server must be http(s), without credentials or query",
      { scanner },
    )
  }
  return `${parsed.origin}${parsed.pathname.replace(/\/+$/, '')}`
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}
