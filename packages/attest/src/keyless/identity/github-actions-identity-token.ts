import type { IdentityTokenSource } from '../../ports/identity-token-source.ts'
import { serviceUrl } from '../../service/service-url.ts'
import { askTokenService, requireVariable } from './ask-token-service.ts'
import type { TokenServiceOptions } from './token-service-options.ts'

/**
 * The token of a GitHub Actions job; the job needs the permission `id-token: write`, which makes the runner set
 * `ACTIONS_ID_TOKEN_REQUEST_URL` and `ACTIONS_ID_TOKEN_REQUEST_TOKEN`. `token` rejects with `IDENTITY_UNAVAILABLE`.
 */
export function githubActionsIdentityToken({
  env = process.env,
  ...options
}: TokenServiceOptions = {}): IdentityTokenSource {
  const service = 'GitHub Actions'
  return {
    async token({ audience, signal }) {
      const secret = requireVariable(env, 'ACTIONS_ID_TOKEN_REQUEST_TOKEN')
      const url = serviceUrl(service, requireVariable(env, 'ACTIONS_ID_TOKEN_REQUEST_URL'))
      url.searchParams.set('audience', audience)
      const headers = { authorization: `bearer ${secret}`, accept: 'application/json' }
      return askTokenService(
        service,
        'value',
        { method: 'GET', url, headers, secrets: [secret], signal },
        options,
      )
    },
  }
}
