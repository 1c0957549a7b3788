import type { IdentityTokenSource } from '../../ports/identity-token-source.ts'
import { serviceUrl } from '../../service/service-url.ts'
import { askTokenService, requireVariable } from './ask-token-service.ts'
import type { TokenServiceOptions } from './token-service-options.ts'

/**
 * The token of a Buildkite job, from the agent's API as `buildkite-agent oidc request-token` asks it. `token` rejects
 * with `IDENTITY_UNAVAILABLE`.
 */
export function buildkiteIdentityToken({
  env = process.env,
  ...options
}: TokenServiceOptions = {}): IdentityTokenSource {
  const service = 'Buildkite'
  return {
    async token({ audience, signal }) {
      const secret = requireVariable(env, 'BUILDKITE_AGENT_ACCESS_TOKEN')
      const job = encodeURIComponent(requireVariable(env, 'BUILDKITE_JOB_ID'))
      const endpoint = env.BUILDKITE_AGENT_ENDPOINT || 'https://agent.buildkite.com/v3'
      const url = serviceUrl(service, endpoint, `/jobs/${job}/oidc/tokens`)
      const headers = { authorization: `Token ${secret}`, 'content-type': 'application/json' }
      const body = JSON.stringify({ audience })
      return askTokenService(
        service,
        'token',
        { method: 'POST', url, headers, body, secrets: [secret], signal },
        options,
      )
    },
  }
}
