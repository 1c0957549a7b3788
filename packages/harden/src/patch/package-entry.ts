import type { TarEntry } from '@sallyport/image'
import { HardenError } from '../errors.ts'

/** A path that a package brings. */
export interface PackageEntry {
  /** Absolute, as the package writes it: links in parents not followed. */
  readonly path: string
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink'
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtime: number
  readonly xattrs: ReadonlyMap<string, Uint8Array>
  /** Target of a symbolic link as written; of a hard link the path of a file of the same package. */
  readonly linkTarget: string
  readonly size: number
  /** Where its content is in the tar. */
  readonly dataOffset: number
}

/**
 * Makes an entry of a package's tar safe to use.
 *
 * @throws {HardenError} `ARCHIVE_INVALID` for devices, pipes, and paths that escape.
 */
export function toPackageEntry(archive: string, entry: TarEntry): PackageEntry {
  const { type, mode, uid, gid, mtime, xattrs, size, dataOffset } = entry
  if (type !== 'file' && type !== 'directory' && type !== 'symlink' && type !== 'hardlink')
    throw new HardenError('ARCHIVE_INVALID', `${archive}: ${entry.path.slice(0, 200)} is a ${type}`)
  const linkTarget = type === 'hardlink' ? toPath(archive, entry.linkPath) : entry.linkPath
  if (type === 'symlink' && (linkTarget === '' || linkTarget.includes('\0')))
    throw new HardenError('ARCHIVE_INVALID', `${archive}: ${entry.path.slice(0, 200)} leads nowhere`)
  return {
    path: toPath(archive, entry.path),
    type,
    mode,
    uid,
    gid,
    mtime,
    xattrs,
    linkTarget,
    size,
    dataOffset,
  }
}

/**
 * Entries of a package by their paths. Only a folder may be there twice, once in each form.
 *
 * @throws {HardenError} `ARCHIVE_INVALID` for two of one path: which of them counts depends on who reads.
 */
export function indexEntries(
  archive: string,
  entries: readonly PackageEntry[],
): ReadonlyMap<string, PackageEntry> {
  const byPath = new Map<string, PackageEntry>()
  for (const entry of entries) {
    const other = byPath.get(entry.path)
    if (other && (other.type !== 'directory' || entry.type !== 'directory'))
      throw new HardenError('ARCHIVE_INVALID', `${archive}: ${entry.path.slice(0, 200)} is there twice`)
    byPath.set(entry.path, entry)
  }
  return byPath
}

function toPath(archive: string, name: string): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..') || parts.length > 256 || /[\0\n]/.test(name))
    throw new HardenError(
      'ARCHIVE_INVALID',
      `${archive}: a path that escapes: ${JSON.stringify(name.slice(0, 200))}`,
    )
  return `/${parts.join('/')}`
}
