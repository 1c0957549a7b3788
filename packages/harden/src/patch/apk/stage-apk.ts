import { createHash } from 'node:crypto'
import { HardenError } from '../../errors.ts'
import { readSmall } from '../mirror/read-small.ts'
import { indexEntries, type PackageEntry, toPackageEntry } from '../package-entry.ts'
import type { ApkCandidate } from './open-repository.ts'
import { readMembers } from './read-members.ts'
import { splitGzipMembers } from './split-gzip-members.ts'

/** A downloaded package of apk, checked against the index. */
export interface StagedApk {
  readonly candidate: ApkCandidate
  /** Values of `.PKGINFO` by name. */
  readonly info: ReadonlyMap<string, readonly string[]>
  /** Scripts by their kind: `post-upgrade`, `trigger`, … */
  readonly scripts: ReadonlyMap<string, Uint8Array>
  readonly entries: readonly PackageEntry[]
  open(entry: PackageEntry): AsyncIterable<Uint8Array>
}

const maxPackageBytes = 512 * 1024 * 1024
const maxUncompressedBytes = 2 * 1024 * 1024 * 1024 - 1

/**
 * Downloads a package and opens it. The signed index names the sum of the control segment, which names that of the data.
 *
 * @throws {HardenError} `CHECKSUM_MISMATCH`, `ARCHIVE_INVALID`, `LIMIT_EXCEEDED`, and what the mirror throws.
 */
export async function stageApk(candidate: ApkCandidate, signal: AbortSignal | undefined): Promise<StagedApk> {
  const { path, size, checksum, source } = candidate
  if (size > maxPackageBytes)
    throw new HardenError('LIMIT_EXCEEDED', `${path}: ${size} of ${maxPackageBytes} bytes`)
  const bytes = await readSmall(source.mirror, path, maxPackageBytes, signal)
  if (bytes.length !== size)
    throw new HardenError(
      'CHECKSUM_MISMATCH',
      `${path}: ${bytes.length} of the ${size} bytes that the index names`,
    )
  if (bytes.toString('latin1', 0, 3) === 'ADB')
    throw invalid('it is in the format of apk 3, which is not read yet')
  const members = splitGzipMembers(bytes, maxUncompressedBytes, path)
  const [control, data] = members.slice(-2)
  if (members.length < 2 || members.length > 3 || !control || !data)
    throw invalid('not a package of three segments')
  const actual = `Q1${createHash('sha1').update(control.compressed).digest('base64')}`
  if (actual !== checksum)
    throw new HardenError(
      'CHECKSUM_MISMATCH',
      `${path}: control segment ${actual}, the index names ${checksum}`,
    )

  const files = await readMembers(control.content, path)
  const scripts = new Map<string, Uint8Array>()
  let info: ReadonlyMap<string, readonly string[]> = new Map()
  for (const { entry, content } of files) {
    if (entry.path === '.PKGINFO') info = parseInfo(Buffer.from(content).toString('utf8'))
    else if (/^\.[a-z-]{1,32}$/.test(entry.path)) scripts.set(entry.path.slice(1), content)
    else throw invalid(`${JSON.stringify(entry.path.slice(0, 100))} in its control segment`)
  }
  const datahash = info.get('datahash')?.[0]
  const dataSum = createHash('sha256').update(data.compressed).digest('hex')
  if (datahash !== dataSum)
    throw new HardenError(
      'CHECKSUM_MISMATCH',
      `${path}: data ${dataSum}, its control segment names ${datahash}`,
    )
  const is = ['pkgname', 'pkgver', 'arch'].map((field) => info.get(field)?.[0]).join(' ')
  const expected = `${candidate.name} ${candidate.version} ${candidate.architecture}`
  if (is !== expected) throw invalid(`it is ${is}, the index names ${expected}`)

  const tar = data.content
  const entries = (await readMembers(tar, path)).map(({ entry }) => toPackageEntry(path, entry))
  const byPath = indexEntries(path, entries)
  return {
    candidate,
    info,
    scripts,
    entries,
    async *open(entry) {
      const file = entry.type === 'hardlink' ? byPath.get(entry.linkTarget) : entry
      if (file?.type === 'file') yield tar.subarray(file.dataOffset, file.dataOffset + file.size)
    },
  }

  function invalid(what: string): HardenError {
    return new HardenError('ARCHIVE_INVALID', `${path}: ${what}`)
  }
}

function parseInfo(text: string): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const at = line.indexOf(' = ')
    if (at <= 0 || line.startsWith('#')) continue
    const name = line.slice(0, at)
    const list = values.get(name)
    if (list) list.push(line.slice(at + 3))
    else values.set(name, [line.slice(at + 3)])
  }
  return values
}
