import { join } from 'node:path'
import { readTar } from '@sallyport/image'
import { parseControlStanzas, type ControlStanza } from '@sallyport/inventory'
import { HardenError } from '../../errors.ts'
import { type Compression, compressionOf, decompress } from '../decompress.ts'
import { collectBytes } from '../mirror/read-small.ts'
import { readChecked } from '../mirror/read-checked.ts'
import { indexEntries, type PackageEntry, toPackageEntry } from '../package-entry.ts'
import { stageFile, type StagedFile } from '../staged-file.ts'
import { type ArMember, readAr } from './read-ar.ts'
import type { DebCandidate } from './read-candidates.ts'

/** A downloaded Debian package, checked against the index, with its content at hand. */
export interface StagedDeb {
  readonly candidate: DebCandidate
  /** The paragraph of its `control`. */
  readonly control: ControlStanza
  /** The other files of its control archive, by name: scripts, `md5sums`, `conffiles`, … */
  readonly info: ReadonlyMap<string, { readonly content: Uint8Array; readonly mode: number }>
  /** What it brings, in the order of the package. */
  readonly entries: readonly PackageEntry[]
  /** Streams the content of a file; a hard link has the content of what it is one to. */
  open(entry: PackageEntry): AsyncIterable<Uint8Array>
}

const maxControlBytes = 32 * 1024 * 1024
const maxDataBytes = 16 * 1024 * 1024 * 1024
const tarLimits = { maxEntries: 500_000, maxMetadataBytes: 128 * 1024 * 1024 }
const infoName = /^[a-z0-9][a-z0-9+.-]{0,63}$/

/**
 * Downloads a package into `folder`, checks size and SHA-256, and opens it (deb(5)).
 *
 * @throws {HardenError} `CHECKSUM_MISMATCH`, `ARCHIVE_INVALID`, `LIMIT_EXCEEDED`, and what the mirror throws.
 */
export async function stageDeb(
  candidate: DebCandidate,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<StagedDeb> {
  const { path, size, sha256, suite } = candidate
  const name = path.slice(path.lastIndexOf('/') + 1)
  const base = join(folder, sha256)
  const download = readChecked(suite.source.mirror, { path, size, sha256 }, { signal })
  const archive = await stageFile(`${base}.deb`, download, signal)
  const members = await readAr((offset, length) => archive.readAt(offset, length), archive.size, name)
  const [format, control, data] = members
  if (format?.name !== 'debian-binary' || !control || !data)
    throw invalid('not a Debian package of three members')
  const version = Buffer.from(await archive.readAt(format.offset, Math.min(format.size, 16))).toString(
    'latin1',
  )
  if (!/^2\.\d+\n/.test(version)) throw invalid(`format ${JSON.stringify(version)} instead of 2.0`)

  const { stanza, info } = await readControl(uncompress(control, 'control', maxControlBytes))
  checkIdentity(stanza)
  const tar = await stageFile(`${base}.tar`, uncompress(data, 'data', maxDataBytes), signal)
  const entries: PackageEntry[] = []
  for await (const event of readTar(tar.stream(0, tar.size), {
    ...tarLimits,
    allowMissingEnd: true,
    signal,
  })) {
    if (event.type === 'entry') entries.push(toPackageEntry(name, event.entry))
  }
  const files = indexEntries(name, entries)
  return {
    candidate,
    control: stanza,
    info,
    entries,
    open: (entry) => openEntry(tar, entry.type === 'hardlink' ? files.get(entry.linkTarget) : entry),
  }

  function uncompress(member: ArMember, stem: string, maxBytes: number): AsyncIterable<Uint8Array> {
    const compression: Compression | undefined =
      member.name === `${stem}.tar` || member.name.startsWith(`${stem}.tar.`)
        ? compressionOf(member.name)
        : undefined
    if (compression === undefined)
      throw invalid(`${member.name} instead of ${stem}.tar, .tar.gz, .tar.xz or .tar.zst`)
    const bytes = archive.stream(member.offset, member.size)
    return decompress(bytes, compression, { maxBytes, name: `${name}: ${member.name}` })
  }

  async function readControl(source: AsyncIterable<Uint8Array>) {
    const bytes = await collectBytes(source, maxControlBytes, name)
    const files = new Map<string, { readonly content: Uint8Array; readonly mode: number }>()
    for await (const event of readTar([bytes], { ...tarLimits, allowMissingEnd: true })) {
      if (event.type === 'data' || event.entry.type === 'directory') continue
      const { type, path: at, dataOffset, size: length, mode } = event.entry
      const file = at.replace(/^(?:\.\/)+/, '')
      if (type !== 'file' || !infoName.test(file) || files.has(file))
        throw invalid(`${JSON.stringify(at.slice(0, 100))} in its control archive`)
      files.set(file, { content: bytes.subarray(dataOffset, dataOffset + length), mode: mode & 0o777 })
    }
    const text = files.get('control')
    const [first, second] = text ? [...parseControlStanzas(Buffer.from(text.content).toString('utf8'))] : []
    if (!first || second || first.problem !== undefined)
      throw invalid(`control: ${first?.problem ?? 'not one paragraph'}`)
    files.delete('control')
    return { stanza: first, info: files }
  }

  /** The index vouches for the bytes; this makes sure that it also means this package. */
  function checkIdentity({ fields }: ControlStanza): void {
    const is = ['package', 'version', 'architecture'].map((field) => fields.get(field)).join(' ')
    const expected = `${candidate.name} ${candidate.version} ${candidate.architecture}`
    if (is !== expected) throw invalid(`it is ${is}, the index names ${expected}`)
  }

  function invalid(what: string): HardenError {
    return new HardenError('ARCHIVE_INVALID', `${name}: ${what}`)
  }
}

async function* openEntry(tar: StagedFile, entry: PackageEntry | undefined): AsyncGenerator<Uint8Array> {
  if (entry?.type === 'file') yield* tar.stream(entry.dataOffset, entry.size)
}
