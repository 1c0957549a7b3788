import { mkdir } from 'node:fs/promises'
import {
  type Clock,
  type Digest,
  isDigest,
  isSallyportError,
  systemClock,
  type Verdict,
} from '@sallyport/core'
import { ScanError } from '../errors.ts'
import type { ArtifactSource } from '../ports/artifact-repository.ts'
import { type DatabaseManifest, parseDatabaseManifest } from './database-artifact.ts'
import { downloadDatabase } from './download-database.ts'
import {
  checkNotOlder,
  databasePath,
  findInstalled,
  type InstalledDatabase,
  makeCurrent,
} from './installed-database.ts'

/** Options of {@link pullAdvisoryDatabase}. */
export interface PullAdvisoryDatabaseOptions<Source extends ArtifactSource> {
  /** Tag, or digest of a manifest: then it is the database of that digest or none. */
  readonly reference: string
  /** Folder for databases, of any number of processes. Made when it is missing. */
  readonly directory: string
  /**
   * Judges the manifest before anything of the database is used, e.g. with `verifyImage` of `@sallyport/attest`. Only
   * `pass` lets it through. Left out, `reference` must be a digest.
   */
  readonly verify?: ((digest: Digest, source: Source) => Promise<{ readonly verdict: Verdict }>) | undefined
  /** Takes what a tag points to as it is: whoever can write there decides what is found. Default `false`. */
  readonly unsafeWithoutVerification?: boolean | undefined
  /** Oldest build to take, from the registry or from the folder. Default 48 hours. */
  readonly maxAgeMs?: number | undefined
  /** Tried in this order when the source fails. */
  readonly mirrors?: readonly Source[] | undefined
  /** Takes a build that is older than the one in the folder. Default `false`. */
  readonly allowOlder?: boolean | undefined
  /** Largest database in bytes. Default 2 GiB. */
  readonly maxBytes?: number | undefined
  /** Default: the machine's. */
  readonly clock?: Clock | undefined
  /** Ends the transfer; it rejects with `signal.reason`, and the current database stays. */
  readonly signal?: AbortSignal | undefined
}

/** A database that is there for use. */
export interface PulledAdvisoryDatabase {
  /** For `openAdvisoryDatabase`. */
  readonly path: string
  /** Digest of the file. */
  readonly digest: Digest
  /** Digest of its manifest. */
  readonly manifest: Digest
  /** Time of the build, ISO 8601. */
  readonly builtAt: string
  /** `registry`: it is what the registry has now; `folder`: no registry could be reached, it is what was there. */
  readonly from: 'registry' | 'folder'
  /** The source or mirror that answered. */
  readonly source?: string | undefined
  /** What was tried before, and why it failed. */
  readonly failures: readonly { readonly source: string; readonly code: string; readonly message: string }[]
}

interface Failure {
  readonly source: string
  readonly error: unknown
}

/** Clocks differ by this much at most. */
const skewMs = 3_600_000

/**
 * Brings the database that a registry has into a folder, unless it is there already, and says where it is. Several
 * processes may do so at once. It becomes current only when it is complete, is what its digest says, was verified, and
 * is not too old; until then, and after any error, the one before stays. When no registry can be reached, the
 * one in the folder is used while it is young enough, and was verified when it came.
 *
 * @throws {ScanError} `DATA_UNAVAILABLE` when there is no database, or only one older than `maxAgeMs`.
 * @throws {ScanError} `DATABASE_UNVERIFIED` when `verify` lets none through.
 * @throws {ScanError} `DATABASE_OLDER` when there are only older builds than the one in the folder.
 * @throws {ScanError} `DATABASE_INVALID` when it is no database, or a damaged one.
 * @throws {ScanError} `LIMIT_EXCEEDED` above `maxBytes`.
 * @throws {ScanError} `OPTIONS_INVALID` for a tag without `verify`.
 */
export async function pullAdvisoryDatabase<Source extends ArtifactSource>(
  source: Source,
  options: PullAdvisoryDatabaseOptions<Source>,
): Promise<PulledAdvisoryDatabase> {
  const { reference, directory, mirrors = [], signal } = options
  signal?.throwIfAborted()
  checkOptions(options)
  await mkdir(directory, { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
    throw new ScanError('DATA_UNAVAILABLE', `${directory}: cannot be made (${cause.code})`, { cause })
  })
  const failures: Failure[] = []
  for (const each of [source, ...mirrors]) {
    try {
      const installed = await pullFrom(each, options)
      return toResult(installed, directory, failures, each.name)
    } catch (error) {
      signal?.throwIfAborted()
      failures.push({ source: each.name, error })
    }
  }
  const installed = await findInstalled(directory)
  if (installed !== undefined && mayUse(installed, failures, options)) {
    return toResult(installed, directory, failures, undefined)
  }
  throw failureOf(reference, failures, installed)
}

function checkOptions<Source extends ArtifactSource>({
  reference,
  verify,
  unsafeWithoutVerification = false,
}: PullAdvisoryDatabaseOptions<Source>): void {
  if (verify !== undefined || isDigest(reference) || unsafeWithoutVerification) return
  throw new ScanError(
    'OPTIONS_INVALID',
    `nothing says that the database under the tag ${reference.slice(0, 128)} is the right one; give verify, or a digest`,
  )
}

async function pullFrom<Source extends ArtifactSource>(
  source: Source,
  options: PullAdvisoryDatabaseOptions<Source>,
): Promise<InstalledDatabase> {
  const { reference, directory, verify, allowOlder = false, signal } = options
  const where = `${source.name}, ${reference}`
  const manifest = parseDatabaseManifest(await source.getManifest(reference, { signal }), where)
  if (isDigest(reference) && manifest.digest !== reference) {
    throw new ScanError('DATABASE_INVALID', `${where}: got the manifest ${manifest.digest}`)
  }
  checkAge(manifest.builtAt, where, options)
  const before = await findInstalled(directory)
  if (before !== undefined && !allowOlder) checkNotOlder(manifest, before, where)
  if (verify !== undefined) {
    const { verdict } = await verify(manifest.digest, source)
    if (verdict !== 'pass') {
      throw new ScanError('DATABASE_UNVERIFIED', `${where}: verify says "${verdict}" of ${manifest.digest}`)
    }
  }
  const verified = verify !== undefined || isDigest(reference)
  if (before?.manifest === manifest.digest && before.digest === manifest.layer.digest) {
    if (verified && !before.verified)
      await makeCurrent(directory, { ...before, verified }, { allowOlder, signal })
    return { ...before, verified }
  }
  await install(source, manifest, where, options)
  const next = {
    digest: manifest.layer.digest,
    manifest: manifest.digest,
    builtAt: manifest.builtAt,
    verified,
  }
  await makeCurrent(directory, next, { allowOlder, signal })
  return next
}

async function install<Source extends ArtifactSource>(
  source: Source,
  { layer, builtAt }: DatabaseManifest,
  where: string,
  { directory, maxBytes = 2 * 1024 ** 3, signal }: PullAdvisoryDatabaseOptions<Source>,
): Promise<void> {
  if (layer.size > maxBytes) {
    throw new ScanError('LIMIT_EXCEEDED', `${where}: ${layer.size} bytes, at most ${maxBytes} allowed`)
  }
  await downloadDatabase(source, layer, {
    path: databasePath(directory, layer.digest),
    builtAt,
    where,
    signal,
  })
}

function checkAge<Source extends ArtifactSource>(
  builtAt: string,
  where: string,
  { maxAgeMs = 48 * 3_600_000, clock = systemClock }: PullAdvisoryDatabaseOptions<Source>,
): void {
  const age = clock.now().getTime() - Date.parse(builtAt)
  if (age > maxAgeMs) {
    throw new ScanError(
      'DATA_UNAVAILABLE',
      `${where}: built at ${builtAt}, which is longer ago than ${maxAgeMs} ms`,
    )
  }
  // it would pass for the newest until then
  if (age < -skewMs) throw new ScanError('DATABASE_INVALID', `${where}: built in the future, at ${builtAt}`)
}

/** Whether the database of the folder will do: nobody could be reached, or only somebody who is behind. */
function mayUse<Source extends ArtifactSource>(
  installed: InstalledDatabase,
  failures: Failure[],
  options: PullAdvisoryDatabaseOptions<Source>,
): boolean {
  const { reference, unsafeWithoutVerification = false } = options
  if (
    isDigest(reference) ? installed.manifest !== reference : !installed.verified && !unsafeWithoutVerification
  ) {
    return false
  }
  if (!failures.some(({ error }) => isOutOfReach(error))) return false
  if (!failures.every(({ error }) => isOutOfReach(error) || codeOf(error) === 'DATABASE_OLDER')) return false
  try {
    checkAge(installed.builtAt, 'folder', options)
    return true
  } catch (error) {
    failures.push({ source: options.directory, error })
    return false
  }
}

/** Codes of `@sallyport/oci` for a registry that gives no answer, or none that means anything. */
const outOfReach = new Set(['REGISTRY_UNREACHABLE', 'REGISTRY_ERROR', 'RATE_LIMITED'])

function isOutOfReach(error: unknown): boolean {
  return isSallyportError(error) && (error.retryable || outOfReach.has(error.code))
}

function codeOf(error: unknown): string {
  return isSallyportError(error) ? error.code : 'UNKNOWN'
}

function messageOf({ source, error }: Failure): string {
  return `${source}: ${error instanceof Error ? error.message : String(error)}`.slice(0, 500)
}

/** One that is about trust counts for more than one that may pass. */
const gravity = ['DATABASE_UNVERIFIED', 'DATABASE_INVALID', 'LIMIT_EXCEEDED', 'DATABASE_OLDER'] as const

function failureOf(
  reference: string,
  failures: readonly Failure[],
  installed: InstalledDatabase | undefined,
): ScanError {
  const codes = failures.map(({ error }) => codeOf(error))
  const code = gravity.find((each) => codes.includes(each)) ?? 'DATA_UNAVAILABLE'
  const kept =
    installed === undefined ? 'none is installed' : `one built at ${installed.builtAt} is installed`
  return new ScanError(
    code,
    `no database of advisories for ${reference}, ${kept}: ${failures.map(messageOf).join('; ')}`,
    { cause: failures.at(-1)?.error, retryable: failures.some(({ error }) => isOutOfReach(error)) },
  )
}

function toResult(
  { digest, manifest, builtAt }: InstalledDatabase,
  directory: string,
  failures: readonly Failure[],
  source: string | undefined,
): PulledAdvisoryDatabase {
  return {
    path: databasePath(directory, digest),
    digest,
    manifest,
    builtAt,
    from: source === undefined ? 'folder' : 'registry',
    ...(source === undefined ? {} : { source }),
    failures: failures.map((failure) => ({
      source: failure.source,
      code: codeOf(failure.error),
      message: messageOf(failure),
    })),
  }
}
