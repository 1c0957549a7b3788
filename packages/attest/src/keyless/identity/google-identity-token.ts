import { AttestError } from '../../errors.ts'
import type { IdentityTokenSource } from '../../ports/identity-token-source.ts'
import { askService } from '../../service/ask-service.ts'
import { serviceUrl } from '../../service/service-url.ts'
import { orUnavailable } from './ask-token-service.ts'
import type { TokenServiceOptions } from './token-service-options.ts'

/** Options of {@link googleIdentityToken}. */
export interface GoogleIdentityTokenOptions extends TokenServiceOptions {
  /** Default `default`. */
  readonly serviceAccount?: string | undefined
}

/**
 * The token of the service account that a machine, pod or Cloud Run service of Google Cloud runs as, from its metadata
 * server (`GCE_METADATA_HOST`, else `metadata.google.internal`). It names the account's e-mail address. `token` rejects
 * with `IDENTITY_UNAVAILABLE`.
 */
export function googleIdentityToken({
  env = process.env,
  serviceAccount = 'default',
  ...options
}: GoogleIdentityTokenOptions = {}): IdentityTokenSource {
  const service = "Google's metadata server"
  return {
    async token({ audience, signal }) {
      const host = env.GCE_METADATA_HOST || 'metadata.google.internal'
      const account = encodeURIComponent(serviceAccount)
      const path = `/computeMetadata/v1/instance/service-accounts/${account}/identity`
      const url = serviceUrl(service, `http://${host}`, path)
      url.search = new URLSearchParams({ audience, format: 'full' }).toString()
      const headers = { 'metadata-flavor': 'Google' }
      const answer = await orUnavailable(() =>
        askService(service, { method: 'GET', url, headers, onMachine: true, signal }, options),
      )
      if (answer.header('metadata-flavor') !== 'Google')
        throw new AttestError('IDENTITY_UNAVAILABLE', `${service}: something else answered at ${host}`)
      return answer.body.toString('utf8').trim()
    },
  }
}
