import type { Digest } from '@sallyport/core'
import { databasePath, findInstalled } from './installed-database.ts'

/** A database that was pulled into a folder earlier. */
export interface FoundAdvisoryDatabase {
  /** For `openAdvisoryDatabase`. */
  readonly path: string
  /** Digest of the file. */
  readonly digest: Digest
  /** Time of the build, ISO 8601. */
  readonly builtAt: string
  /** Whether it was verified when it was pulled. */
  readonly verified: boolean
}

/**
 * The database that `pullAdvisoryDatabase` made the current one of a folder, without asking a registry; `undefined` when
 * there is none that can be read. It may be old: look at its age, or give scanners a limit.
 */
export async function findAdvisoryDatabase(directory: string): Promise<FoundAdvisoryDatabase | undefined> {
  const installed = await findInstalled(directory)
  if (installed === undefined) return undefined
  const { digest, builtAt, verified } = installed
  return { path: databasePath(directory, digest), digest, builtAt, verified }
}
