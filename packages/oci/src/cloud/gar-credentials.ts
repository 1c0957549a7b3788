import { type Clock, systemClock } from '@sallyport/core'
import type { Environment } from '../http/choose-proxy.ts'
import type { CredentialProvider, Credentials } from '../ports/credential-provider.ts'
import { createExpiringCache, type Expiring } from './cached-credentials.ts'
import { findGoogleToken } from './find-google-token.ts'

/** Options of {@link garCredentials}. */
export interface GarCredentialsOptions {
  /**
   * An access token of Google and its end, e.g. from `google-auth-library`. Default: from the application default
   * credentials, or the metadata service.
   */
  readonly accessToken?:
    | ((options: { readonly signal: AbortSignal }) => Promise<Expiring<string>>)
    | undefined
  /** Environment variables. Default: those of the process. */
  readonly env?: Environment | undefined
  /** Tells the time. Default: the system's. */
  readonly clock?: Clock | undefined
}

const hostPattern = /^(?:(?:(?:us|eu|asia)\.)?gcr\.io|[a-z][a-z0-9-]{0,40}-docker\.pkg\.dev)$/

/**
 * Credentials for Google's registries: `<location>-docker.pkg.dev`, `gcr.io` and `us.`, `eu.`, `asia.gcr.io`. There are
 * none for other hosts. Tokens are kept until shortly before they end.
 *
 * @throws {OciError} from `find`: `CREDENTIALS_UNREADABLE` when Google gives none.
 */
export function garCredentials({
  env = process.env,
  clock = systemClock,
  accessToken = ({ signal }) => findGoogleToken({ env, clock, signal }),
}: GarCredentialsOptions = {}): CredentialProvider {
  const cache = createExpiringCache(clock)
  return {
    async find({ registry }, { signal } = {}) {
      if (!hostPattern.test(registry)) return undefined
      return cache.get(
        'token',
        async (stop): Promise<Expiring<Credentials>> => {
          const { value, expiresAt } = await accessToken({ signal: stop })
          return { value: { type: 'password', username: 'oauth2accesstoken', password: value }, expiresAt }
        },
        signal,
      )
    },
  }
}
