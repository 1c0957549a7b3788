import type { Witness } from '../ports/witness.ts'
import { logInRekorV1 } from './rekor-v1.ts'
import { logInRekorV2 } from './rekor-v2.ts'
import type { ServiceOptions } from '../service/service-options.ts'

/** Options of {@link rekorLog}. */
export interface RekorLogOptions extends ServiceOptions {
  /** Base URL of the log, such as `https://rekor.sigstore.dev`. */
  readonly url: string
  /** Major version of the log's API. The first vouches for the time of signatures too, the second does not. */
  readonly version: 1 | 2
  /** As for all services; a log of version 2 answers only when its next checkpoint is out. Default 60,000. */
  readonly timeoutMs?: number | undefined
}

/**
 * Has signatures logged by Rekor. The entry that it answers with is checked to be about the same content, signature
 * and key; whether the log is to be trusted is for the verifier to say.
 *
 * `witness` rejects with `SERVICE_UNAVAILABLE`, `SERVICE_REFUSED` or `SERVICE_INVALID`, and with `KEY_UNSUPPORTED` for
 * keys that the log can't take.
 */
export function rekorLog({ url, version, timeoutMs = 60_000, ...options }: RekorLogOptions): Witness {
  const log = version === 1 ? logInRekorV1 : logInRekorV2
  return {
    async witness(signed, { signal } = {}) {
      return { tlogEntries: [await log(url, signed, { ...options, timeoutMs, signal })] }
    },
  }
}
