import { HardenError } from '../../errors.ts'
import { checkIndexDate } from '../check-index-date.ts'
import { compressionOf, decompress } from '../decompress.ts'
import { checkMirrorPath } from '../mirror/check-mirror-path.ts'
import { readChecked } from '../mirror/read-checked.ts'
import { readSmall } from '../mirror/read-small.ts'
import type { DebSource, LastSeen } from '../patch-source.ts'
import { parseRelease, type Release } from './parse-release.ts'
import { type SignedRelease, verifyRelease } from './verify-release.ts'

/** A suite whose release file is verified. */
export interface OpenedSuite {
  readonly source: DebSource
  readonly release: Release
  /** Streams the package index of a component for an architecture, and fails at its end when it is not the signed one. */
  readIndex(component: string, architecture: string): AsyncIterable<Uint8Array>
}

/** What opening a source needs to know. */
export interface OpenSourceOptions {
  readonly now: Date
  readonly lastSeen: LastSeen
  readonly signal?: AbortSignal | undefined
}

const maxReleaseBytes = 16 * 1024 * 1024
const maxIndexBytes = 1024 * 1024 * 1024

/**
 * Reads and verifies the release file of a suite: signature, date, name.
 *
 * @throws {HardenError} `SIGNATURE_INVALID`, `INDEX_INVALID`, `INDEX_EXPIRED`, `INDEX_ROLLED_BACK`.
 * @throws {HardenError} `INDEX_MISMATCH` when it is another suite's.
 */
export async function openSuite(
  source: DebSource,
  { now, lastSeen, signal }: OpenSourceOptions,
): Promise<OpenedSuite> {
  const { mirror, suite } = source
  const folder = checkMirrorPath(`dists/${suite}`)
  const text = await verifyRelease(suite, await readRelease(), source.keyring, now)
  const release = parseRelease(suite, text)
  // Without this, another suite of the same archive could be given out in its place: its signature is as good.
  if (release.suite !== suite && release.codename !== suite)
    throw new HardenError(
      'INDEX_MISMATCH',
      `${suite}: the mirror gives ${release.suite ?? 'no suite'} (${release.codename ?? 'no codename'}) in its place`,
    )
  checkIndexDate(suite, release, { now, lastSeen })
  return { source, release, readIndex }

  async function readRelease(): Promise<SignedRelease> {
    try {
      const content = await readSmall(mirror, `${folder}/InRelease`, maxReleaseBytes, signal)
      return { type: 'inline', content }
    } catch (error) {
      if (!isMissing(error)) throw error
    }
    const content = await readSmall(mirror, `${folder}/Release`, maxReleaseBytes, signal)
    const signature = await readSmall(mirror, `${folder}/Release.gpg`, maxReleaseBytes, signal)
    return { type: 'detached', content, signature }
  }

  async function* readIndex(component: string, architecture: string): AsyncGenerator<Uint8Array> {
    const base = `${component}/binary-${architecture}/Packages`
    const names = [`${base}.xz`, `${base}.zst`, `${base}.gz`, base]
    const listed = names.filter((name) => release.files.has(name))
    if (listed.length === 0)
      throw new HardenError('INDEX_INVALID', `${suite}: no index of ${component} for ${architecture}`)
    for (const name of listed) {
      const file = release.files.get(name)!
      const places = release.byHash
        ? [`${name.slice(0, name.lastIndexOf('/'))}/by-hash/SHA256/${file.sha256}`, name]
        : [name]
      for (const place of places) {
        const path = checkMirrorPath(`${folder}/${place}`)
        let isStarted = false
        try {
          const bytes = readChecked(mirror, { path, ...file }, { signal })
          const compression = compressionOf(name) ?? 'none'
          for await (const chunk of decompress(bytes, compression, { maxBytes: maxIndexBytes, name })) {
            isStarted = true
            yield chunk
          }
          return
        } catch (error) {
          // A release lists files that its mirrors need not have, such as the uncompressed index.
          if (!isMissing(error) || isStarted) throw error
        }
      }
    }
    throw new HardenError('MIRROR_FILE_MISSING', `${suite}: the mirror has none of ${listed.join(', ')}`)
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof HardenError && error.code === 'MIRROR_FILE_MISSING'
}
