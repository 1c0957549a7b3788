import { AttestError } from '../../errors.ts'
import type { IdentityTokenSource } from '../../ports/identity-token-source.ts'

/**
 * A token that is at hand, whoever it is asked for; whether it is for the right audience is checked before it is used.
 *
 * @throws {AttestError} `IDENTITY_UNAVAILABLE` when it is empty.
 */
export function fixedIdentityToken(token: string): IdentityTokenSource {
  const trimmed = token.trim()
  if (trimmed === '') throw new AttestError('IDENTITY_UNAVAILABLE', 'the identity token is empty')
  return { token: ({ signal }) => give(trimmed, signal) }
}

/** Options of {@link environmentIdentityToken}. */
export interface EnvironmentIdentityTokenOptions {
  /**
   * Variables to look at; the first that is set counts. Default: `SIGSTORE_ID_TOKEN`, as GitLab's `id_tokens` with
   * `aud: sigstore` fill it. CircleCI sets `CIRCLE_OIDC_TOKEN_V2` and `CIRCLE_OIDC_TOKEN`, for its organisation's id.
   */
  readonly variables?: readonly string[] | undefined
  /** Default: that of the process. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
}

/** A token from an environment variable; it is read each time. */
export function environmentIdentityToken({
  variables = ['SIGSTORE_ID_TOKEN'],
  env = process.env,
}: EnvironmentIdentityTokenOptions = {}): IdentityTokenSource {
  return {
    async token({ signal }) {
      const token = variables.map((name) => env[name]?.trim()).find((value) => value)
      if (!token)
        throw new AttestError(
          'IDENTITY_UNAVAILABLE',
          `none of ${variables.join(', ')} is set in the environment`,
        )
      return give(token, signal)
    },
  }
}

async function give(token: string, signal: AbortSignal | undefined): Promise<string> {
  signal?.throwIfAborted()
  return token
}
