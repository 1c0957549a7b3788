import type { CredentialProvider } from '../ports/credential-provider.ts'
import { findInDockerConfig, parseDockerAuths, parseDockerConfig } from './docker-config.ts'

/** A docker configuration that came from elsewhere than this machine. */
export interface DockerAuthText {
  /** JSON. */
  readonly text: string
  /** Where it is from, for error messages; no secret. */
  readonly source: string
  /** `config`: as in `config.json`. `auths`: only what stands under `auths` there, as `.dockercfg` has it. Default `config`. */
  readonly form?: 'config' | 'auths' | undefined
}

/**
 * The credentials in configurations such as Kubernetes keeps in Secrets. The longest path that fits counts, whichever
 * text it is in; of equal ones that of the first text. Credential helpers that they name never run, and hosts must be
 * equal, port included: patterns such as `*.example` fit nothing.
 *
 * @throws {OciError} `CREDENTIALS_UNREADABLE` when one is not such a configuration, here or from `find`.
 */
export function dockerAuthCredentials(texts: readonly DockerAuthText[]): CredentialProvider {
  const auths = texts.flatMap(({ text, source, form = 'config' }) => {
    const config = form === 'auths' ? parseDockerAuths(text, source) : parseDockerConfig(text, source)
    return Object.entries(config.auths ?? {})
  })
  const merged = { auths: Object.fromEntries(auths.toReversed()) }
  return { find: async (query) => findInDockerConfig(merged, query).credentials }
}
