import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Names of the sample images. */
export type SampleName = 'webserver' | 'reporter'

/** One Debian package, pinned by its content. */
export interface PinnedPackage {
  readonly package: string
  readonly version: string
  readonly archive: 'debian' | 'debian-security'
  /** Path below the archive, e.g. `pool/main/z/zlib/zlib1g_1.2.13.dfsg-1_amd64.deb`. */
  readonly path: string
  readonly size: number
  readonly sha256: string
}

/** `packages.lock.json`: what the sample images are made of. */
export interface PackageLock {
  /** Point in time at which Debian's permanent archive has all of these files. */
  readonly snapshot: string
  readonly packages: readonly PinnedPackage[]
  /** Packages of the base layer, of both images, in the order of their installation. */
  readonly base: readonly string[]
  /** Packages that each image adds. */
  readonly installed: Readonly<Record<SampleName, readonly string[]>>
}

/** Where the lock is. */
export const lockFile: string = join(import.meta.dirname, 'packages.lock.json')

/** Reads the lock; every field that names a file or bounds a size is checked. */
export async function readPackageLock(): Promise<PackageLock> {
  const lock = JSON.parse(await readFile(lockFile, 'utf8')) as PackageLock
  for (const { package: name, archive, path, size, sha256 } of lock.packages) {
    const valid =
      /^[a-z0-9][a-z0-9+.-]*$/.test(name) &&
      (archive === 'debian' || archive === 'debian-security') &&
      /^pool\/[A-Za-z0-9+._~/-]+\.deb$/.test(path) &&
      !path.includes('..') &&
      Number.isSafeInteger(size) &&
      size > 0 &&
      size < 64 * 1024 * 1024 &&
      /^[0-9a-f]{64}$/.test(sha256)
    if (!valid) throw new Error(`packages.lock.json: the entry of ${JSON.stringify(name)} is not valid`)
  }
  return lock
}
