import { createReadStream } from 'node:fs'
import type { Digest } from '@sallyport/core'
import type { ArtifactTarget } from '../ports/artifact-repository.ts'
import { packAdvisoryDatabase } from './database-artifact.ts'

/** Options of {@link pushAdvisoryDatabase}. */
export interface PushAdvisoryDatabaseOptions {
  /**
   * Points to the database once all of it is there, e.g. `v1`. Default: none, so that it can be signed before a tag leads
   * to it.
   */
  readonly tag?: string | undefined
  /** Ends the transfer; it rejects with `signal.reason`, and the tag does not move. */
  readonly signal?: AbortSignal | undefined
}

/** A database in a registry. */
export interface PushedAdvisoryDatabase {
  /** Digest of the manifest: what to sign, and what `pullAdvisoryDatabase` has verified. */
  readonly digest: Digest
  /** Digest of the file. */
  readonly databaseDigest: Digest
  /** Time of the build, ISO 8601. */
  readonly builtAt: string
}

/**
 * Pushes a database as an OCI artifact. Sign the digest that comes back, so that whoever pulls can verify it.
 *
 * @throws {ScanError} `DATABASE_INVALID`, `DATA_UNAVAILABLE` or `ADVISORIES_EMPTY` when the file is no database with advisories.
 *   What the target rejects with passes through.
 */
export async function pushAdvisoryDatabase(
  target: ArtifactTarget,
  path: string,
  { tag, signal }: PushAdvisoryDatabaseOptions = {},
): Promise<PushedAdvisoryDatabase> {
  const { manifest, layer, config, builtAt } = await packAdvisoryDatabase(path, { signal })
  await target.write(layer, createReadStream(path), { signal })
  await target.write(config.descriptor, once(config.bytes), { signal })
  await target.putManifest(manifest, { tag, signal })
  return { digest: manifest.descriptor.digest, databaseDigest: layer.digest, builtAt }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
