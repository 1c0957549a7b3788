import { randomBytes } from 'node:crypto'
import { AttestError } from '../errors.ts'
import type { Witness } from '../ports/witness.ts'
import { askService } from '../service/ask-service.ts'
import type { ServiceOptions } from '../service/service-options.ts'
import { serviceUrl } from '../service/service-url.ts'
import { encodeTimestampRequest, toTimestampRequest, whyNoTimestamp } from './timestamp-request.ts'

/** Options of {@link timestampAuthority}. */
export interface TimestampAuthorityOptions extends ServiceOptions {
  /** The whole URL that takes requests, such as `https://timestamp.sigstore.dev/api/v1/timestamp`. */
  readonly url: string
}

const service = 'the timestamp authority'

/**
 * Has the time of signatures confirmed by a timestamp authority (RFC 3161 over HTTP). What it answers is checked to be
 * granted, for this signature and for this request.
 *
 * `witness` rejects with `SERVICE_UNAVAILABLE`, `SERVICE_REFUSED` or `SERVICE_INVALID`.
 */
export function timestampAuthority({ url, ...options }: TimestampAuthorityOptions): Witness {
  return {
    async witness({ signature }, { signal } = {}) {
      const request = toTimestampRequest(signature, randomBytes(16))
      const { body } = await askService(
        service,
        {
          method: 'POST',
          url: serviceUrl(service, url),
          headers: { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' },
          body: encodeTimestampRequest(request),
          signal,
        },
        options,
      )
      const why = whyNoTimestamp(body, request)
      if (why !== undefined)
        throw new AttestError('SERVICE_INVALID', `${service}: the answer can't be used: ${why}`)
      return { timestamps: [body] }
    },
  }
}
