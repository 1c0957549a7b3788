import { existsSync, readFileSync } from 'node:fs'
import { AttestError } from '../../errors.ts'
import type { IdentityTokenSource } from '../../ports/identity-token-source.ts'
import { azureIdentityToken } from './azure-identity-token.ts'
import { buildkiteIdentityToken } from './buildkite-identity-token.ts'
import { fileIdentityToken, projectedTokenPath } from './file-identity-token.ts'
import { environmentIdentityToken } from './given-identity-token.ts'
import { githubActionsIdentityToken } from './github-actions-identity-token.ts'
import { googleIdentityToken } from './google-identity-token.ts'
import { spiffeIdentityToken, spiffeSocketPath } from './spiffe-identity-token.ts'
import type { TokenServiceOptions } from './token-service-options.ts'

/** Where {@link ambientIdentityToken} looks, in this order. */
export type AmbientIdentity =
  | 'github-actions'
  | 'buildkite'
  | 'environment'
  | 'file'
  | 'google'
  | 'spiffe'
  | 'circleci'
  | 'azure'

/** Options of {@link ambientIdentityToken}. */
export interface AmbientIdentityTokenOptions extends TokenServiceOptions {
  /** Is told which source applies, before it is asked. */
  readonly onFound?: ((found: AmbientIdentity) => void) | undefined
  /** The projected file to look for. Default `/var/run/sigstore/cosign/oidc-token`. */
  readonly tokenFile?: string | undefined
  /** Where the firmware names the kind of machine. Default `/sys/class/dmi/id/product_name`. */
  readonly machineFile?: string | undefined
}

interface Candidate {
  readonly name: AmbientIdentity
  /** What was looked for, for the message when nothing applies. */
  readonly sign: string
  readonly applies: () => boolean
  readonly source: () => IdentityTokenSource
}

/**
 * The identity of the place where this runs, looked for in cosign's order: GitHub Actions, Buildkite,
 * `SIGSTORE_ID_TOKEN` (GitLab and others), a projected file, Google Cloud, SPIFFE; then CircleCI and Azure. Only
 * variables and files are looked at, nothing is asked over the network to find out. The first that applies is the one:
 * when it fails, the call fails, rather than that something is signed under another identity.
 *
 * `token` rejects with `IDENTITY_UNAVAILABLE` when none applies, with what was looked for, or the one that applies fails.
 */
export function ambientIdentityToken({
  env = process.env,
  onFound,
  tokenFile = projectedTokenPath,
  machineFile = '/sys/class/dmi/id/product_name',
  ...service
}: AmbientIdentityTokenOptions = {}): IdentityTokenSource {
  const isSet = (...names: readonly string[]): boolean => names.every((name) => env[name]?.trim())
  const options = { env, ...service }
  const circle = ['CIRCLE_OIDC_TOKEN_V2', 'CIRCLE_OIDC_TOKEN']
  const candidates: readonly Candidate[] = [
    {
      name: 'github-actions',
      sign: 'ACTIONS_ID_TOKEN_REQUEST_URL and _TOKEN (permission id-token: write)',
      applies: () => isSet('ACTIONS_ID_TOKEN_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'),
      source: () => githubActionsIdentityToken(options),
    },
    {
      name: 'buildkite',
      sign: 'BUILDKITE_AGENT_ACCESS_TOKEN',
      applies: () => isSet('BUILDKITE_AGENT_ACCESS_TOKEN'),
      source: () => buildkiteIdentityToken(options),
    },
    {
      name: 'environment',
      sign: 'SIGSTORE_ID_TOKEN',
      applies: () => isSet('SIGSTORE_ID_TOKEN'),
      source: () => environmentIdentityToken({ env }),
    },
    {
      name: 'file',
      sign: tokenFile,
      applies: () => existsSync(tokenFile),
      source: () => fileIdentityToken(tokenFile),
    },
    {
      name: 'google',
      sign: 'GCE_METADATA_HOST, K_SERVICE, CLOUD_RUN_JOB or a machine of Google',
      applies: () =>
        ['GCE_METADATA_HOST', 'K_SERVICE', 'CLOUD_RUN_JOB'].some((name) => isSet(name)) ||
        isGoogleMachine(machineFile),
      source: () => googleIdentityToken(options),
    },
    {
      name: 'spiffe',
      sign: spiffeSocketPath(env),
      applies: () => existsSync(spiffeSocketPath(env)),
      source: () => spiffeIdentityToken({ env }),
    },
    {
      name: 'circleci',
      sign: circle.join(' or '),
      applies: () => circle.some((name) => isSet(name)),
      source: () => environmentIdentityToken({ env, variables: circle }),
    },
    {
      name: 'azure',
      sign: 'AZURE_FEDERATED_TOKEN_FILE or IDENTITY_ENDPOINT',
      applies: () => ['AZURE_FEDERATED_TOKEN_FILE', 'IDENTITY_ENDPOINT'].some((name) => isSet(name)),
      source: () => azureIdentityToken(options),
    },
  ]
  return {
    async token(request) {
      request.signal?.throwIfAborted()
      const found = candidates.find(({ applies }) => applies())
      if (found === undefined) {
        const signs = candidates.map(({ name, sign }) => `${name}: ${sign}`).join('; ')
        throw new AttestError('IDENTITY_UNAVAILABLE', `no identity token here; looked for ${signs}`)
      }
      onFound?.(found.name)
      return found.source().token(request)
    },
  }
}

/** Whether the firmware says so, as Google's own clients find out. */
function isGoogleMachine(machineFile: string): boolean {
  try {
    return readFileSync(machineFile, 'utf8').startsWith('Google')
  } catch {
    return false
  }
}
