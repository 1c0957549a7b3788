import {
  type Descriptor,
  type Digest,
  isIndexMediaType,
  type Platform,
  type RawManifest,
} from '@sallyport/core'
import type { LimitFunction } from 'p-limit'
import { OciError } from '../errors.ts'
import { parseIndex, parseManifest } from '../manifest/parse-manifest.ts'
import { choosePlatforms } from '../platform/choose-platforms.ts'
import type { PutManifestOptions, Repository } from '../ports/repository.ts'
import { atSide } from './at-side.ts'
import type { ClosureEntry } from './closure-entry.ts'
import type { BlobCopier } from './copy-blobs.ts'
import type { CopySource } from './copy-blob.ts'
import type { CopyEvent } from './copy-event.ts'
import type { CopyLedger } from './copy-ledger.ts'
import { checkManifestType, readManifest } from './read-manifest.ts'
import type { TaskGroup } from './task-group.ts'

/** What {@link createContentCopier} works with. */
export interface ContentCopierParts {
  readonly source: CopySource
  readonly target: Repository
  readonly group: TaskGroup
  /** Bounds requests for manifests. */
  readonly limit: LimitFunction
  readonly blobs: BlobCopier
  readonly ledger: CopyLedger
  readonly report: (event: CopyEvent) => void
  readonly platforms: readonly Platform[] | undefined
  /** Copy what an index lists as documents about a chosen platform. */
  readonly withDocuments: boolean
  /** Look into manifests that the target has, too. */
  readonly lookInside: boolean
  /** Is told of each manifest of the closure once, when it is met first. */
  readonly onEntry: (entry: ClosureEntry) => void
}

/** Copies manifests with what they refer to, each once however often it is asked for. */
export interface ContentCopier {
  /** Brings what the manifest refers to; the manifest itself is read, and not written. */
  prepare(entry: ClosureEntry): Promise<PreparedManifest>
  /** Brings the manifest with all that it refers to, by digest. */
  store(entry: ClosureEntry): Promise<void>
  /** Like {@link store}; writes the manifest even if the target has it, so that it becomes a referrer there. */
  attach(entry: ClosureEntry): Promise<void>
  /** Writes a prepared manifest under a tag. */
  tag(entry: ClosureEntry, tag: string, expected: Digest | 'absent' | undefined): Promise<void>
}

/** A manifest whose blobs and children are at the target. */
export interface PreparedManifest {
  /** Absent when the target has the manifest, and nothing inside it had to be looked at. */
  readonly raw?: RawManifest | undefined
  readonly there: boolean
  readonly subject?: Digest | undefined
  /** Of an index: what of it is copied. */
  readonly children?: readonly ClosureEntry[] | undefined
}

/** An index may hold indexes, but no image needs more floors than this. */
const maxDepth = 4
const maxDistance = 8
const maxManifests = 2000
/** All of them together; they are held until they are written. */
const maxManifestBytes = 64 * 1024 * 1024

/** Creates the copier of manifests. References go by digest, so they form no circle and may wait for one another. */
export function createContentCopier(parts: ContentCopierParts): ContentCopier {
  const { source, target, group, limit, blobs, ledger, report, platforms } = parts
  const { lookInside, withDocuments, onEntry } = parts
  const { signal } = group
  const entries = new Map<Digest, ClosureEntry>()
  const prepared = new Map<Digest, Promise<PreparedManifest>>()
  const stored = new Map<Digest, Promise<void>>()
  let manifestBytes = 0

  function exceeded(text: string): OciError {
    return new OciError('LIMIT_EXCEEDED', `${source.name}: more than ${text}`, {
      reference: source.name,
      side: 'source',
    })
  }

  function prepare(entry: ClosureEntry): Promise<PreparedManifest> {
    const { digest } = entry.descriptor
    ledger.met(entry)
    const known = prepared.get(digest)
    if (known !== undefined) return known
    const started = group.start(async () => {
      if (prepared.size >= maxManifests) throw exceeded(`${maxManifests} manifests`)
      if (entry.depth > maxDepth) throw exceeded(`${maxDepth} indexes within each other`)
      if (entry.distance > maxDistance) throw exceeded(`${maxDistance} referrers of each other`)
      return bringInside(entry)
    })
    entries.set(digest, entry)
    prepared.set(digest, started)
    onEntry(entry)
    return started
  }

  async function bringInside(entry: ClosureEntry): Promise<PreparedManifest> {
    const { descriptor } = entry
    checkManifestType(source.name, descriptor)
    const there = entry.there === 'ask' ? await isThere(descriptor) : entry.there
    const isIndex = isIndexMediaType(descriptor.mediaType)
    // An index that is there may have been copied for some platforms only; an image can't be there in part.
    if (there && !isIndex && !lookInside) return { there }
    const raw = entry.raw ?? (await read(descriptor))
    manifestBytes += raw.bytes.byteLength
    if (manifestBytes > maxManifestBytes) throw exceeded(`${maxManifestBytes} bytes of manifests`)
    if (isIndex) {
      const { manifests, subject } = parseIndex(raw)
      const children = childrenOf(entry, manifests)
      await Promise.all(children.map(store))
      return { raw, there, subject: subject?.digest, children }
    }
    const { subject, ...image } = parseManifest(raw)
    await blobs.copy(image, raw.descriptor, entry.role)
    return { raw, there, subject: subject?.digest }
  }

  function childrenOf(entry: ClosureEntry, all: readonly Descriptor[]): readonly ClosureEntry[] {
    const { digest } = entry.descriptor
    const chosen =
      platforms !== undefined && entry.role === 'root'
        ? choosePlatforms(`${source.name}@${digest}`, all, platforms, { withDocuments })
        : all
    return chosen.map((descriptor) => ({
      descriptor,
      role: 'child',
      mechanisms: ['index'],
      parent: digest,
      depth: entry.depth + 1,
      distance: entry.distance,
      there: 'ask',
    }))
  }

  function store(entry: ClosureEntry): Promise<void> {
    const { digest } = entry.descriptor
    const ready = prepare(entry)
    const known = stored.get(digest)
    if (known !== undefined) return known
    const started = group.start(async () => {
      const manifest = await ready
      if (manifest.there) skipped(entry)
      else await put(entry, manifest)
    })
    stored.set(digest, started)
    return started
  }

  async function put(entry: ClosureEntry, manifest: PreparedManifest): Promise<void> {
    // Registries have refused, or lost, what refers to a subject that they don't have yet.
    const subject = manifest.subject ?? (entry.role === 'referrer' ? entry.parent : undefined)
    const known = subject === undefined ? undefined : entries.get(subject)
    if (known !== undefined) await store(known)
    await write(entry, manifest)
  }

  async function write(
    entry: ClosureEntry,
    manifest: PreparedManifest,
    tagged: Pick<PutManifestOptions, 'tag' | 'expected'> = {},
  ): Promise<void> {
    const raw = manifest.raw ?? (await read(entry.descriptor))
    const send = (): Promise<void> =>
      limit(() => atSide('target', target.name, () => target.putManifest(raw, { ...tagged, signal })))
    try {
      await send()
    } catch (error) {
      const isMissing = error instanceof OciError && (error.status === 400 || error.status === 404)
      if (!isMissing || !(await bringAgain(manifest))) throw error
      await send()
    }
    if (ledger.written(entry, 'copied')) report({ type: 'manifest-copied', manifest: raw.descriptor })
  }

  /**
   * Registries have answered HEAD for a child and then not known it in an index. Brings all that was left out at their
   * word, and tells whether there was any.
   */
  async function bringAgain({ children = [] }: PreparedManifest): Promise<boolean> {
    const brought = await Promise.all(
      children.map(async (child) => {
        const manifest = await prepare(child)
        if (!manifest.there) return false
        const raw = manifest.raw ?? (await read(child.descriptor))
        if (isIndexMediaType(raw.descriptor.mediaType)) await bringAgain(manifest)
        else await blobs.copy(parseManifest(raw), raw.descriptor, child.role)
        await write(child, { ...manifest, raw, children: [] })
        return true
      }),
    )
    return brought.includes(true)
  }

  function skipped(entry: ClosureEntry): void {
    if (!ledger.written(entry, 'existing')) return
    report({ type: 'manifest-skipped', manifest: entry.descriptor })
  }

  function read(descriptor: Descriptor): Promise<RawManifest> {
    return limit(() => atSide('source', source.name, () => readManifest(source, descriptor, signal)))
  }

  async function isThere({ digest, mediaType, size }: Descriptor): Promise<boolean> {
    const found = await limit(() =>
      atSide('target', target.name, () => target.headManifest(digest, { signal })),
    )
    return found !== undefined && found.mediaType === mediaType && found.size === size
  }

  return {
    prepare,
    store,
    async attach(entry) {
      await store(entry)
      const manifest = await prepare(entry)
      if (manifest.there) await put(entry, manifest)
    },
    async tag(entry, tag, expected) {
      const manifest = await prepare(entry)
      report({ type: 'tag-writing', tag, manifest: entry.descriptor })
      await write(entry, manifest, { tag, expected })
      ledger.tagged(tag, entry.descriptor.digest)
      report({ type: 'tag-written', tag, manifest: entry.descriptor })
    },
  }
}
