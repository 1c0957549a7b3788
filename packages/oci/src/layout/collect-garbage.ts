import { lstat, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type BlobOptions, type Clock, type Digest, isDigest, systemClock } from '@sallyport/core'
import { maxManifestBytes } from '../manifest/raw-manifest.ts'
import { isMissing, reading, writing } from './file-failure.ts'
import { blobPath, checkInside, readBlobFile } from './layout-files.ts'
import type { LayoutIndex } from './layout-index.ts'

/** Options of `collectGarbage` of a layout. */
export interface CollectGarbageOptions extends BlobOptions {
  /** Say what would be removed, and remove nothing. Default `false`. */
  readonly dryRun?: boolean | undefined
  /** Younger blobs stay: a writer may be about to list them. In milliseconds. Default one hour. */
  readonly minimumAgeMs?: number | undefined
  /** Tells the time. Default: the system's. */
  readonly clock?: Clock | undefined
}

/** What `collectGarbage` of a layout removed, or would have removed. */
export interface GarbageReport {
  /** Blobs that nothing leads to. */
  readonly removed: readonly Digest[]
  /** Half-written files of writers that were killed. */
  readonly partialFiles: number
  /** Bytes of the removed blobs and files. */
  readonly bytes: number
}

interface StoredBlob {
  readonly size: number
  readonly modifiedMs: number
}

interface GarbageFile extends StoredBlob {
  readonly path: string
  readonly digest: Digest | undefined
}

/** What a document leads to. */
interface DocumentLinks {
  readonly digests: readonly Digest[]
  readonly subject: Digest | undefined
}

const digestPattern = /sha256:[0-9a-f]{64}(?![0-9a-f])|sha512:[0-9a-f]{128}(?![0-9a-f])/g

/** Removes what nothing listed leads to. Call it under the index's lock. */
export async function collectLayoutGarbage(
  directory: string,
  readIndex: () => Promise<LayoutIndex>,
  checkHeld: () => Promise<void>,
  { dryRun = false, minimumAgeMs = 60 * 60 * 1000, clock = systemClock, signal }: CollectGarbageOptions,
): Promise<GarbageReport> {
  const stored = await listBlobs(directory)
  const kept = new Set<Digest>()
  const documents = new Map<Digest, DocumentLinks>()
  const read = async (digest: Digest): Promise<DocumentLinks> => {
    const known = documents.get(digest)
    if (known !== undefined) return known
    const text = await readDocument(directory, digest, stored.get(digest)?.size ?? 0, signal)
    const links = { digests: digestsIn(text), subject: subjectOf(text) }
    documents.set(digest, links)
    return links
  }
  // Whatever its media type, a document that names a digest keeps it: unknown kinds of manifests lose nothing.
  const keep = async (first: Digest): Promise<void> => {
    const pending = [first]
    for (let digest = pending.pop(); digest !== undefined; digest = pending.pop()) {
      if (kept.has(digest)) continue
      kept.add(digest)
      if (stored.has(digest)) pending.push(...(await read(digest)).digests)
    }
  }

  for (const { fields } of (await readIndex()).entries) {
    for (const digest of digestsIn(JSON.stringify(fields))) await keep(digest)
  }
  const oldest = clock.now().getTime() - minimumAgeMs
  // A young manifest may be listed in a moment, and its layers may be older: whoever wrote it found them here.
  for (const [digest, { modifiedMs }] of stored) if (modifiedMs > oldest) await keep(digest)
  for (let before = -1; before !== kept.size;) {
    before = kept.size
    for (const digest of stored.keys()) {
      const subject = kept.has(digest) ? undefined : (await read(digest)).subject
      if (subject !== undefined && kept.has(subject)) await keep(digest)
    }
  }

  const blobs = [...stored].filter(([digest]) => !kept.has(digest))
  const partials = await listPartials(directory)
  const garbage = [
    ...blobs.map(([digest, { size, modifiedMs }]) => ({
      path: blobPath(directory, digest),
      digest,
      size,
      modifiedMs,
    })),
    ...partials,
  ].filter(({ modifiedMs }) => modifiedMs <= oldest)
  for (const { path } of dryRun ? [] : garbage) {
    signal?.throwIfAborted()
    await checkHeld()
    await writing(directory, () => rm(path, { force: true }))
  }
  const removed = garbage.flatMap(({ digest }) => (digest === undefined ? [] : [digest]))
  return {
    removed,
    partialFiles: garbage.length - removed.length,
    bytes: garbage.reduce((sum, { size }) => sum + size, 0),
  }
}

function listPartials(directory: string): Promise<readonly GarbageFile[]> {
  return reading(directory, async () => {
    const names = (await readdir(directory)).filter((name) =>
      /^\.sallyport-[0-9a-f-]{36}\.partial$/.test(name),
    )
    return Promise.all(
      names.map(async (name) => {
        const path = join(directory, name)
        const { size, mtimeMs } = await lstat(path)
        return { path, digest: undefined, size, modifiedMs: mtimeMs }
      }),
    )
  })
}

async function listBlobs(directory: string): Promise<ReadonlyMap<Digest, StoredBlob>> {
  const stored = new Map<Digest, StoredBlob>()
  for (const algorithm of ['sha256', 'sha512']) {
    const folder = join(directory, 'blobs', algorithm)
    await reading(directory, async () => {
      const names = await readdir(folder).catch((error: unknown) => {
        if (isMissing(error)) return []
        throw error
      })
      if (names.length > 0) await checkInside(directory, folder)
      for (const name of names.sort()) {
        const digest = `${algorithm}:${name}`
        if (!isDigest(digest)) continue
        const stats = await lstat(join(folder, name))
        if (stats.isFile()) stored.set(digest, { size: stats.size, modifiedMs: stats.mtimeMs })
      }
    })
  }
  return stored
}

/** The text of a blob that could be a manifest; of anything else, nothing. */
async function readDocument(
  directory: string,
  digest: Digest,
  size: number,
  signal: AbortSignal | undefined,
): Promise<string> {
  if (size > maxManifestBytes) return ''
  const chunks: Uint8Array[] = []
  for await (const chunk of readBlobFile(directory, digest, 0, signal)) {
    if (chunks.length === 0 && !/^\s*[{[]/.test(Buffer.from(chunk.subarray(0, 64)).toString('latin1')))
      return ''
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function digestsIn(text: string): readonly Digest[] {
  return [...new Set(text.match(digestPattern))].filter(isDigest)
}

function subjectOf(text: string): Digest | undefined {
  if (!text.includes('"subject"')) return undefined
  try {
    const { subject } = JSON.parse(text) as { subject?: { digest?: unknown } | null }
    return isDigest(subject?.digest) ? subject.digest : undefined
  } catch {
    return undefined
  }
}
