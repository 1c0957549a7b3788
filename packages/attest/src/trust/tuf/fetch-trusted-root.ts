import { homedir } from 'node:os'
import { join } from 'node:path'
import { AttestError } from '../../errors.ts'
import type { ServiceOptions } from '../../service/service-options.ts'
import { parseSigningConfig, type SigningConfig } from '../signing-config.ts'
import { trustedRootProblems } from '../trusted-root-problems.ts'
import { parseTrustedRoot, type TrustedRoot } from '../trusted-root.ts'
import { defaultCachePath } from './default-cache-path.ts'
import { findTufRepository, type TufRepository } from './find-tuf-repository.ts'
import { refreshTuf } from './refresh-tuf.ts'
import { readTufState, writeTufState } from './tuf-cache.ts'

/** Options of {@link fetchTrustedRoot}. */
export interface FetchTrustedRootOptions extends ServiceOptions {
  /**
   * Address of the repository; `timestamp.json` is below it. Default: `https://tuf-repo-cdn.sigstore.dev`, of Sigstore's
   * public good instance.
   */
  readonly mirrorUrl?: string | undefined
  /**
   * Content of a `root.json` of the repository that was had in a way that is trusted; later ones must be signed by it.
   * Default, for Sigstore's public mirror only: the one that comes with the installed `@sigstore/tuf`.
   */
  readonly root?: string | Uint8Array | undefined
  /**
   * Folder for what was fetched, made for the user alone. Keep it from one call to the next: it is how an older state
   * of the repository is noticed, and what `offline` reads. Default: `sallyport/tuf` in the user's cache folder.
   */
  readonly cachePath?: string | undefined
  /**
   * Opens no connection: reads what was fetched before or, of Sigstore's public mirror, what came with the package. It is
   * verified as of the time it was fetched, and its age is a warning. Default `false`: an error rather than an old state.
   */
  readonly offline?: boolean | undefined
  /** Ends the call. */
  readonly signal?: AbortSignal | undefined
  /** Decides what has expired. Default: the machine's clock. */
  readonly now?: (() => Date) | undefined
}

/** What a TUF repository says about a Sigstore instance. */
export interface FetchedTrustedRoot {
  /** Its target `trusted_root.json`. */
  readonly root: TrustedRoot
  /** Its target `signing_config.v0.2.json`, if there is one. */
  readonly signingConfig?: SigningConfig | undefined
  /** `network` when the mirror was asked now; `seed` is what came with the package. */
  readonly source: 'network' | 'cache' | 'seed'
  /** When the mirror was asked last; unknown of a seed. */
  readonly fetchedAt?: Date | undefined
  /** When the first of the metadata expires; unknown of a seed. Ask again before. */
  readonly expires?: Date | undefined
  /** What a person should know, in words: parts that have ended or end within 30 days; `offline` also its age. */
  readonly warnings: readonly string[]
}

const dayMs = 86_400_000
const endsWithinMs = 30 * dayMs
const rootTarget = 'trusted_root.json'
const configTarget = 'signing_config.v0.2.json'

/**
 * Fetches the trusted root and the signing config of a Sigstore instance from a repository of The Update Framework.
 *
 * Over the network go GET requests for files below `mirrorUrl`: the roots that are not known yet, the timestamp, and what
 * has changed. Nothing else is sent, no redirect is followed, and proxies of the environment are used as `ServiceOptions`
 * say. Everything is verified from the pinned root on, the cache too.
 *
 * It fails closed: unless `offline` is asked for, whatever was not confirmed by the mirror now is an error. A call that
 * fails or is aborted leaves the cache as it was.
 *
 * @throws {AttestError} `TUF_UNCONFIGURED` when the mirror is no URL, or no root is pinned for it.
 * @throws {AttestError} `TUF_UNREACHABLE` when the mirror can't be reached, refuses, or lacks a file (`retryable`).
 * @throws {AttestError} `TUF_INVALID` when a file is wrongly signed, expired, older than one seen before, too long, or not
 *   the one that was signed.
 * @throws {AttestError} `TUF_TARGET_MISSING` when the repository has no `trusted_root.json`.
 * @throws {AttestError} `TUF_CACHE_UNUSABLE` when the cache is damaged or can't be written; `offline` also when it holds
 *   nothing of this repository.
 * @throws {AttestError} `TRUST_ROOT_INVALID`, `SIGNING_CONFIG_INVALID` when a target is none.
 */
export async function fetchTrustedRoot({
  mirrorUrl,
  root,
  cachePath,
  offline = false,
  now = () => new Date(),
  signal,
  ...service
}: FetchTrustedRootOptions = {}): Promise<FetchedTrustedRoot> {
  signal?.throwIfAborted()
  const repository = await findTufRepository({ mirrorUrl, root })
  const cacheFile = join(cachePath ?? userCachePath(), repository.cacheName)
  const known = await readTufState(cacheFile)
  if (offline && known === undefined) return readSeed(repository, now())

  const { state, expires } = await refreshTuf({
    ...service,
    mirrorUrl: repository.mirrorUrl,
    pinnedRoot: repository.pinnedRoot,
    targets: [rootTarget, configTarget],
    state: known,
    offline,
    now: now(),
    signal,
  }).catch((error: unknown) => {
    throw offline && error instanceof AttestError ? toCacheError(error, cacheFile) : error
  })
  const target = state.targets[rootTarget]
  if (target === undefined)
    throw new AttestError('TUF_TARGET_MISSING', `${repository.mirrorUrl} has no target ${rootTarget}`)
  const config = state.targets[configTarget]
  const fetched = {
    root: parseTrustedRoot(target),
    signingConfig: config === undefined ? undefined : parseSigningConfig(config),
    source: offline ? ('cache' as const) : ('network' as const),
    fetchedAt: state.fetchedAt,
    expires,
  }
  if (!offline) await writeTufState(cacheFile, state)
  const problems = trustedRootProblems(fetched.root, now(), { endsWithinMs })
  return { ...fetched, warnings: offline ? [...ageOf(fetched, now()), ...problems] : problems }
}

function userCachePath(): string {
  return defaultCachePath({ platform: process.platform, environment: process.env, home: homedir() })
}

function readSeed({ mirrorUrl, seedTrustedRoot }: TufRepository, now: Date): FetchedTrustedRoot {
  if (seedTrustedRoot === undefined)
    throw new AttestError(
      'TUF_CACHE_UNUSABLE',
      `nothing of ${mirrorUrl} was fetched before: fetch it once online`,
    )
  const root = parseTrustedRoot(seedTrustedRoot)
  const problems = trustedRootProblems(root, now, { endsWithinMs })
  return {
    root,
    source: 'seed',
    warnings: [
      'the trusted root is the one that came with the package, and was never refreshed',
      ...problems,
    ],
  }
}

function toCacheError({ message }: AttestError, cacheFile: string): AttestError {
  return new AttestError('TUF_CACHE_UNUSABLE', `${cacheFile} can't be used: ${message}; fetch again online`)
}

function ageOf(
  { fetchedAt, expires }: { readonly fetchedAt: Date; readonly expires: Date },
  now: Date,
): readonly string[] {
  const days = Math.floor((now.getTime() - fetchedAt.getTime()) / dayMs)
  const age = `the trusted root was fetched at ${fetchedAt.toISOString()}, ${days} days ago`
  return expires <= now ? [age, `its metadata has expired at ${expires.toISOString()}`] : [age]
}
