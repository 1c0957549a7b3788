import { ImageError } from '../errors.ts'
import { xattrPrefix } from './tar-header.ts'

/**
 * The record in which libarchive repeats the capabilities of a program, in base64. Runtimes ignore it, unpackers that are
 * made with libarchive apply it.
 */
const libarchiveCapability = 'LIBARCHIVE.xattr.security.capability'
const capability = 'security.capability'
const noXattrs: ReadonlyMap<string, Uint8Array> = new Map()

/**
 * Takes the extended attributes out of PAX records.
 *
 * @throws {ImageError} `TAR_INVALID` when the two forms of a program's capabilities differ, or one can't be read: readers
 * disagree which of them counts.
 */
export function xattrsOf(
  pax: ReadonlyMap<string, Uint8Array>,
  globalPax: ReadonlyMap<string, Uint8Array>,
  offset: number,
): ReadonlyMap<string, Uint8Array> {
  if (pax.size === 0 && globalPax.size === 0) return noXattrs
  const xattrs = new Map<string, Uint8Array>()
  let repeated: Uint8Array | undefined
  for (const records of [globalPax, pax]) {
    for (const [keyword, value] of records) {
      if (keyword.startsWith(xattrPrefix)) xattrs.set(keyword.slice(xattrPrefix.length), value)
      else if (keyword === libarchiveCapability) repeated = value
    }
  }
  if (repeated !== undefined) {
    const value = decode(repeated)
    const own = xattrs.get(capability)
    if (value === undefined || (own !== undefined && Buffer.compare(own, value) !== 0)) {
      const message = `tar entry at byte ${offset}: PAX records of its capabilities contradict each other or are malformed`
      throw new ImageError('TAR_INVALID', message, { offset })
    }
    xattrs.set(capability, value)
  }
  return xattrs.size === 0 ? noXattrs : xattrs
}

/** Base64, with or without its padding: libarchive writes none. */
function decode(text: Uint8Array): Buffer | undefined {
  const latin = Buffer.from(text).toString('latin1')
  return /^[A-Za-z0-9+/]*={0,2}$/.test(latin) ? Buffer.from(latin, 'base64') : undefined
}

/**
 * Writes extended attributes into the records of an entry that had the records `original`. Capabilities that only libarchive's
 * record told stay there, so that no runtime is told what it ignored before; others are never left in it.
 */
export function addXattrRecords(
  records: Map<string, Uint8Array>,
  xattrs: ReadonlyMap<string, Uint8Array>,
  original: ReadonlyMap<string, Uint8Array>,
): void {
  const repeated = original.get(libarchiveCapability)
  const value = xattrs.get(capability)
  const isSame = repeated !== undefined && value !== undefined && decode(repeated)?.compare(value) === 0
  if (!isSame) records.delete(libarchiveCapability)
  const isOnlyRepeated = isSame && !original.has(xattrPrefix + capability)
  for (const [name, content] of xattrs) {
    if (name !== capability || !isOnlyRepeated) records.set(xattrPrefix + name, content)
  }
}
