import { setTimeout } from 'node:timers/promises'
import type { Digest } from '@sallyport/core'
import type { InjectedFault } from './injected-fault.ts'

/** Options of {@link registryFaults}.slowResponse. */
export interface SlowResponseOptions {
  /** Bytes of a piece. Default 1. */
  readonly bytes?: number | undefined
  /** Pause before each piece, in milliseconds. Default 100. */
  readonly pauseMs?: number | undefined
  /** The timer; a test's own resolves when the test says so. Default: that of Node.js. */
  readonly sleep?: ((milliseconds: number) => Promise<unknown>) | undefined
}

/** Makes the usual faults, to be given to {@link faultOn}. */
export const registryFaults = {
  /** 429, with `Retry-After` as seconds or as a date when given. */
  tooManyRequests(retryAfter?: number | Date): InjectedFault {
    return status(429, retryAfter)
  },
  /** A 5xx status. Default 503. */
  serverError(code = 503, retryAfter?: number | Date): InjectedFault {
    return status(code, retryAfter)
  },
  /** Cuts the connection after so many bytes of the request's body were taken in and kept. Default 0. */
  cutRequest(afterBytes = 0): InjectedFault {
    return { type: 'drop-connection', afterBytes }
  },
  /** Cuts the connection after so many bytes of the answer's body. */
  cutResponse(afterBytes: number): InjectedFault {
    return { type: 'alter-response', truncateAt: afterBytes }
  },
  /** Drips the answer's body. */
  slowResponse({
    bytes = 1,
    pauseMs = 100,
    sleep = (ms) => setTimeout(ms),
  }: SlowResponseOptions = {}): InjectedFault {
    return { type: 'alter-response', drip: { bytes, wait: () => sleep(pauseMs) } }
  },
  /** Claims another digest in `Docker-Content-Digest` and `ETag`; the bytes are the true ones. */
  lyingDigest(digest: Digest): InjectedFault {
    return {
      type: 'alter-response',
      headers: { 'docker-content-digest': digest, etag: `"${digest}"` },
    }
  },
  /** Sends one wrong byte under the true headers. Default the first. */
  wrongByte(position = 0): InjectedFault {
    return { type: 'alter-response', flipByteAt: position }
  },
  /** Announces so many bytes more (or fewer, when negative) than are sent. */
  wrongLength(offset: number): InjectedFault {
    return { type: 'alter-response', lengthOffset: offset }
  },
  /** Reads a tag as it was before it was moved last, as a cache does. */
  staleTag(): InjectedFault {
    return { type: 'stale-tag' }
  },
} as const

function status(code: number, retryAfter: number | Date | undefined): InjectedFault {
  const value = retryAfter instanceof Date ? retryAfter.toUTCString() : String(retryAfter)
  const codes: Readonly<Record<number, string>> = { 429: 'TOOMANYREQUESTS' }
  const error = { code: codes[code] ?? 'UNAVAILABLE', message: 'injected' }
  return {
    type: 'respond',
    status: code,
    headers: {
      'content-type': 'application/json',
      ...(retryAfter === undefined ? {} : { 'retry-after': value }),
    },
    body: JSON.stringify({ errors: [error] }),
  }
}
