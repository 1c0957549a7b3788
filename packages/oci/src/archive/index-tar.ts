import type { FileHandle } from 'node:fs/promises'
import { posix } from 'node:path'
import { OciError } from '../errors.ts'
import { reading } from '../layout/file-failure.ts'
import { blockBytes } from './encode-tar-header.ts'
import { parsePaxRecords, parseTarHeader, type TarHeader } from './parse-tar-header.ts'

/** Where the content of a file lies in a tar. */
export interface TarFile {
  readonly offset: number
  readonly size: number
}

/** The files of a tar by name, without `./` before it. */
export interface TarIndex {
  /** A file, followed through links within the tar. */
  find(name: string): TarFile | undefined
}

/** Limits of {@link indexTar}. */
export interface TarLimits {
  readonly maxEntries: number
}

/** Longest name, and longest header of names. */
const maxNameBytes = 4096
const maxHeaderBytes = 64 * 1024
const maxLinks = 8

interface Names {
  readonly name?: string | undefined
  readonly linkName?: string | undefined
  readonly size?: number | undefined
}

/**
 * Reads the headers of a tar, and nothing of its contents. Nothing is ever unpacked: names that lead out (`../`),
 * devices and the like are names that nobody asks for. Two files of one name, however it is written, are refused,
 * because of two readers one would take the first and the other the last; and so is a file within a link.
 *
 * @throws {OciError} `ARCHIVE_INVALID` when it is no tar, is cut off, or has two files of one name.
 * @throws {OciError} `LIMIT_EXCEEDED` when it has too many entries or too long names.
 */
export async function indexTar(
  file: FileHandle,
  place: string,
  { maxEntries }: TarLimits,
  signal: AbortSignal | undefined,
): Promise<TarIndex> {
  const fail = (reason: string): OciError => invalidArchive(place, reason)
  const { size: total } = await reading(place, () => file.stat())
  const read = async (offset: number, length: number): Promise<Buffer> => {
    const { bytesRead, buffer } = await reading(place, () =>
      file.read(Buffer.alloc(length), 0, length, offset),
    )
    if (bytesRead < length) throw fail('it ends within an entry')
    return buffer
  }

  const files = new Map<string, TarFile>()
  const links = new Map<string, string>()
  let names: Names = {}
  let entries = 0
  for (let offset = 0; offset + blockBytes <= total;) {
    signal?.throwIfAborted()
    const header = parseTarHeader(await read(offset, blockBytes), fail)
    if (header === undefined) break
    if (++entries > maxEntries) {
      throw new OciError('LIMIT_EXCEEDED', `${place}: more than ${maxEntries} entries`, { reference: place })
    }
    const isNames = ['x', 'g', 'L', 'K'].includes(header.type)
    const size = isNames || header.isHeaderOnly ? header.size : (names.size ?? header.size)
    const content = offset + blockBytes
    offset = content + Math.ceil(size / blockBytes) * blockBytes
    if (content + size > total) throw fail('it ends within an entry')
    if (isNames) {
      if (size > maxHeaderBytes) {
        throw new OciError(
          'LIMIT_EXCEEDED',
          `${place}: a name header has ${size} > ${maxHeaderBytes} bytes`,
          {
            reference: place,
          },
        )
      }
      // Global headers say nothing of one entry.
      if (header.type !== 'g') names = { ...names, ...namesOf(header, await read(content, size), fail) }
      continue
    }
    add(header, names, { offset: content, size })
    names = {}
  }
  if (entries === 0) throw fail('it is no tar')
  for (const name of [...files.keys(), ...links.keys()]) {
    // Unpacked, such a file would stand where the link leads to.
    for (let at = posix.dirname(name); at !== '.'; at = posix.dirname(at)) {
      if (links.has(at)) throw fail('it has a file within a link')
    }
  }
  return { find }

  function add(header: TarHeader, { name: longName, linkName }: Names, content: TarFile): void {
    const written = longName ?? header.name
    if (written.length > maxNameBytes) {
      throw new OciError('LIMIT_EXCEEDED', `${place}: a name has more than ${maxNameBytes} characters`, {
        reference: place,
      })
    }
    const name = plainName(written)
    if (name === undefined) return
    if (header.type === 'S') throw fail('it has sparse files')
    if (header.type !== '0' && header.type !== '1' && header.type !== '2') return
    if (files.has(name) || links.has(name)) throw fail('it has two files of one name')
    if (header.type === '0') files.set(name, content)
    else {
      const target = linkName ?? header.linkName
      links.set(name, posix.normalize(header.type === '2' ? posix.join(posix.dirname(name), target) : target))
    }
  }

  function find(name: string): TarFile | undefined {
    let at = plainName(name)
    for (let followed = 0; at !== undefined && followed <= maxLinks; followed++) {
      const found = files.get(at)
      if (found !== undefined) return found
      at = links.get(at)
    }
    return undefined
  }
}

function namesOf(header: TarHeader, content: Buffer, fail: (reason: string) => OciError): Names {
  if (header.type === 'L') return { name: content.toString('utf8').replace(/\0.*$/s, '') }
  if (header.type === 'K') return { linkName: content.toString('utf8').replace(/\0.*$/s, '') }
  const records = parsePaxRecords(content, fail)
  const size = records.get('size')
  if ([...records.keys()].some((key) => key.startsWith('GNU.sparse.'))) throw fail('it has sparse files')
  if (size !== undefined && !/^[0-9]{1,15}$/.test(size)) throw fail('a pax header has no readable size')
  const [name, linkName] = [records.get('path'), records.get('linkpath')]
  return {
    ...(name === undefined ? {} : { name }),
    ...(linkName === undefined ? {} : { linkName }),
    ...(size === undefined ? {} : { size: Number(size) }),
  }
}

/** Where a tool that unpacks the tar would put a name; `undefined` when it leads out. */
function plainName(written: string): string | undefined {
  const name = posix.normalize(written).replace(/^\/+/, '')
  return name === '..' || name.startsWith('../') ? undefined : name
}

/** The error for a file that is no archive of images. */
export function invalidArchive(place: string, reason: string, cause?: unknown): OciError {
  return new OciError('ARCHIVE_INVALID', `${place} is not an archive of images: ${reason}`, {
    reference: place,
    cause,
  })
}
