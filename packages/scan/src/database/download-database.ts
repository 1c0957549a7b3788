import { createHash, randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Descriptor, digestAlgorithm, isSallyportError, toDigest } from '@sallyport/core'
import { ScanError } from '../errors.ts'
import type { ArtifactSource } from '../ports/artifact-repository.ts'
import { openAdvisoryDatabase } from './open-advisory-database.ts'

/** Options of {@link downloadDatabase}. */
export interface DownloadDatabaseOptions {
  readonly path: string
  /** What the manifest says; the database must say the same. */
  readonly builtAt: string
  /** Names the source in messages. */
  readonly where: string
  readonly signal?: AbortSignal | undefined
}

/**
 * Writes a database to `path` in one step: only once all of it is there, is what its digest says, and opens.
 *
 * @throws {ScanError} `DATABASE_INVALID` when it is something else. What the source rejects with passes through.
 * @throws {ScanError} `DATA_UNAVAILABLE` when the file can't be written.
 */
export async function downloadDatabase(
  source: ArtifactSource,
  blob: Descriptor,
  { path, builtAt, where, signal }: DownloadDatabaseOptions,
): Promise<void> {
  const temporary = join(dirname(path), `${randomUUID()}.tmp`)
  try {
    await receive(source, blob, temporary, where, signal)
    using database = await openAdvisoryDatabase(temporary, { signal })
    if (database.builtAt !== builtAt) {
      throw invalid(where, `the manifest says built at ${builtAt}, the database ${database.builtAt}`)
    }
    await rename(temporary, path)
  } catch (cause) {
    await rm(temporary, { force: true })
    const { syscall, code } = cause as NodeJS.ErrnoException
    if (isSallyportError(cause) || syscall === undefined || (code ?? '').startsWith('ECONN')) throw cause
    throw new ScanError('DATA_UNAVAILABLE', `${path}: cannot be written (${code})`, { cause })
  }
}

async function receive(
  source: ArtifactSource,
  blob: Descriptor,
  path: string,
  where: string,
  signal?: AbortSignal,
): Promise<void> {
  const hash = createHash(digestAlgorithm(blob.digest))
  let received = 0
  await using file = await open(path, 'wx', 0o644)
  for await (const chunk of source.open(blob, { signal })) {
    received += chunk.length
    if (received > blob.size) throw invalid(where, `more than the ${blob.size} bytes that the manifest says`)
    hash.update(chunk)
    await file.writeFile(chunk)
  }
  const actual = toDigest(hash, digestAlgorithm(blob.digest))
  if (received !== blob.size || actual !== blob.digest) {
    throw invalid(where, `${received} bytes of ${actual}, expected ${blob.size} of ${blob.digest}`)
  }
  await file.sync()
}

function invalid(where: string, why: string): ScanError {
  return new ScanError('DATABASE_INVALID', `${where}: ${why}`)
}
