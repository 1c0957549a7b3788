import type { Digest } from '@sallyport/core'
import type { RegistryHappening } from './events/registry-event.ts'
import type { RegistryFault } from './registry-fault.ts'

/** What a handler answers; `body` is opened only when it is sent. */
export interface RegistryResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly body?: Uint8Array | (() => AsyncIterable<Uint8Array>) | undefined
  /** Noted in the request log for accepted manifests. */
  readonly manifest?: { digest: Digest; mediaType: string; subject?: Digest | undefined } | undefined
  /** What happened, when somebody who listens to the registry should know. */
  readonly happening?: RegistryHappening | undefined
}

/** A JSON answer. */
export function jsonResponse(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): RegistryResponse {
  const body = Buffer.from(`${JSON.stringify(value)}\n`)
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers, 'content-length': String(body.byteLength) },
    body,
  }
}

/** The answer that a refusal is written as. */
export function faultResponse({ status, code, message, detail, headers }: RegistryFault): RegistryResponse {
  const error = detail === undefined ? { code, message } : { code, message, detail }
  return jsonResponse(status, { errors: [error] }, headers)
}
