import { ImageError } from '../errors.ts'
import { xattrsOf } from './extended-attributes.ts'
import { decodeName } from './name-bytes.ts'
import type { HeaderBlock } from './parse-header.ts'
import { parsePaxNumber } from './parse-pax.ts'
import type { TarEntryType, TarHeader } from './tar-header.ts'

/** Extension headers that stand before an entry. */
export interface HeaderExtensions {
  readonly pax: ReadonlyMap<string, Uint8Array>
  readonly globalPax: ReadonlyMap<string, Uint8Array>
  readonly longName?: Uint8Array | undefined
  readonly longLink?: Uint8Array | undefined
}

const types: Readonly<Record<string, TarEntryType>> = {
  '\0': 'file',
  '0': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'character-device',
  '4': 'block-device',
  '5': 'directory',
  '6': 'fifo',
  '7': 'file',
}

/**
 * Applies extension headers to a header block.
 *
 * @throws {ImageError} `TAR_UNSUPPORTED` for sparse files, multi-volume archives and unknown entry types.
 * @throws {ImageError} `TAR_INVALID` when PAX and GNU extensions, or two records of one thing, contradict each other, or a value is malformed.
 * @throws {ImageError} `LIMIT_EXCEEDED` when a path is too long.
 */
export function resolveHeader(
  block: HeaderBlock,
  extensions: HeaderExtensions,
  offset: number,
  maxPathBytes: number,
): TarHeader {
  const { pax, globalPax } = extensions
  // An empty value takes a global record back and leaves the header's own value (POSIX, pax).
  const record = (keyword: string) => {
    const value = pax.get(keyword) ?? globalPax.get(keyword)
    return value === undefined || value.length === 0 ? undefined : value
  }
  const number = (keyword: string, otherwise: number) => {
    const value = record(keyword)
    return value === undefined ? otherwise : parsePaxNumber(value, keyword, offset)
  }
  for (const keyword of [...pax.keys(), ...globalPax.keys()]) {
    if (keyword.startsWith('GNU.sparse.')) throw unsupported('a sparse file', offset)
  }
  const name = chooseName('path', extensions.longName, record('path'), block.name, offset)
  const link = chooseName('linkpath', extensions.longLink, record('linkpath'), block.linkName, offset)
  if (name.length > maxPathBytes || link.length > maxPathBytes) {
    throw new ImageError(
      'LIMIT_EXCEEDED',
      `tar entry at byte ${offset}: path of more than ${maxPathBytes} bytes`,
      {
        offset,
      },
    )
  }
  const path = decodeName(name)
  const type = entryType(block.typeFlag, path, offset)
  const size = number('size', block.size)
  if (size < 0) throw new ImageError('TAR_INVALID', `tar entry at byte ${offset}: negative size`, { offset })
  return {
    type,
    path,
    linkPath: type === 'symlink' || type === 'hardlink' ? decodeName(link) : '',
    mode: block.mode & 0o7777,
    uid: number('uid', block.uid),
    gid: number('gid', block.gid),
    userName: decodeName(record('uname') ?? block.userName),
    groupName: decodeName(record('gname') ?? block.groupName),
    mtime: number('mtime', block.mtime),
    // Only regular files have content, whatever the field says; so do the runtimes read it.
    size: type === 'file' ? size : 0,
    deviceMajor: block.deviceMajor,
    deviceMinor: block.deviceMinor,
    xattrs: xattrsOf(pax, globalPax, offset),
    pax,
  }
}

function entryType(flag: string, path: string, offset: number): TarEntryType {
  const type = types[flag]
  if (type === undefined) {
    throw unsupported(flag === 'S' ? 'a sparse file' : `entry type ${JSON.stringify(flag)}`, offset)
  }
  return flag === '\0' && path.endsWith('/') ? 'directory' : type
}

/** Readers disagree which extension wins when two name the entry differently, so that is refused. */
function chooseName(
  keyword: string,
  gnu: Uint8Array | undefined,
  pax: Uint8Array | undefined,
  plain: Uint8Array,
  offset: number,
): Uint8Array {
  if (pax?.includes(0)) {
    throw new ImageError('TAR_INVALID', `PAX header at byte ${offset}: NUL in ${keyword}`, { offset })
  }
  if (gnu !== undefined && pax !== undefined && Buffer.compare(gnu, pax) !== 0) {
    throw new ImageError(
      'TAR_INVALID',
      `tar entry at byte ${offset}: PAX and GNU headers differ in ${keyword}`,
      {
        offset,
      },
    )
  }
  return gnu ?? pax ?? plain
}

function unsupported(what: string, offset: number): ImageError {
  return new ImageError('TAR_UNSUPPORTED', `tar entry at byte ${offset}: ${what} is not supported`, {
    offset,
  })
}
