import { type Descriptor, type Digest, type ImageManifest, isSallyportError } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import { AttestError } from '../errors.ts'
import { defaultSleep as pause } from '@sallyport/oci/cloud'
import { buildLegacyManifest } from './build-legacy-manifest.ts'
import { maxSettleMs, settleFactor } from './evidence-place.ts'
import { missesBlob } from './put-with-blobs.ts'
import { parseArtifactManifest } from './parse-artifact-manifest.ts'
import { maxLegacyLayers, maxLegacyManifestBytes } from './wire-format.ts'

/** Layers by {@link layerIdentity}. */
export type Layers = ReadonlyMap<string, Descriptor>

/** What should stand under a tag. */
export interface WantedLayers {
  readonly own: Layers
  /** Layers of others that stood there: those that are gone come back, if they still can. */
  readonly others: Layers
  /** Writers stay for at least this long to see whether they were overwritten, in milliseconds; 0 if not at all. */
  readonly settleMs: number
}

/** What stands under a tag. */
export interface EnsuredLayers {
  readonly manifest: Digest
  /** All layers of the manifest. */
  readonly layers: Layers
  /** Those that had to be written. */
  readonly written: ReadonlySet<string>
  /** Own layers for which there was no room. */
  readonly refused: ReadonlySet<string>
  /** Longest time between a reading and the end of the write that rests on it, in milliseconds. */
  readonly slowestMs: number
}

/** Most writes against other writers; each that is refused means that another one got through. */
const maxWrites = 60
/** So often may a write be refused although nobody else wrote. */
const maxFutile = 5
/** What a manifest holds beside its layers and annotations, at most. */
const manifestFrameBytes = 4096
const imageLayerPrefixes = ['application/vnd.oci.image.layer.', 'application/vnd.docker.image.rootfs.']

/**
 * Appends to the manifest under a `.sig` or `.att` tag the layers that are missing there, next to other writers, in this
 * process and in others. A registry that honours `If-Match` refuses a write that rests on an old state. Elsewhere the
 * last writer wins and nobody is told: look again later. So that others need not wait for long, a write that takes
 * longer than they can be expected to is given up: `settleMs`, or four times the slowest seen here, and twice that
 * with each conflict.
 *
 * @throws {AttestError} `STORE_CONFLICT` when others overwrite the tag again and again, or it holds something else.
 * @throws {OciError} `TAG_CONFLICT` when the tag can't be moved.
 */
export async function ensureLayers(
  repository: Repository,
  tag: string,
  { own: wanted, others, settleMs }: WantedLayers,
  signal: AbortSignal | undefined,
): Promise<EnsuredLayers> {
  const own = new Map(wanted)
  const seen = new Map(others)
  const written = new Set<string>()
  const refused = new Set<string>()
  let slowestMs = 0
  let conflicts = 0
  let futile = 0
  let misses = 0
  let before: Digest | undefined

  for (let writes = 0; ;) {
    signal?.throwIfAborted()
    const startedAt = performance.now()
    const { digest, manifest } = await readTag(repository, tag, signal)
    const layers = new Map((manifest?.layers ?? []).map((layer) => [layerIdentity(layer), layer]))
    const isMissing = ([key]: [string, Descriptor]): boolean => !layers.has(key)
    const vanished = [...seen].filter(isMissing)
    const missing = [...own].filter((each) => isMissing(each) && !seen.has(each[0]))
    const taken = [...(manifest?.layers ?? []), ...vanished.map(([, layer]) => layer)]
    const fitting = takeFitting(missing, taken)
    for (const [key] of missing) {
      if (fitting.some(([fits]) => fits === key)) continue
      own.delete(key)
      refused.add(key)
    }
    for (const [key, layer] of layers) seen.set(key, layer)
    const append = [...vanished, ...fitting]
    if (append.length === 0 && digest !== undefined) {
      return { manifest: digest, layers, written, refused, slowestMs }
    }

    if (writes++ === maxWrites) {
      throw new AttestError(
        'STORE_CONFLICT',
        `${repository.name}:${tag} was overwritten ${maxWrites} times by others; try again`,
      )
    }
    const added = append.map(([, layer]) => layer)
    const next = await buildLegacyManifest(repository, manifest, added, signal)
    const patienceMs = Math.min(
      Math.max(settleMs, slowestMs * settleFactor) * 2 ** Math.min(conflicts, 4),
      maxSettleMs,
    )
    const late = settleMs === 0 ? undefined : AbortSignal.timeout(Math.ceil(patienceMs))
    try {
      await repository.putManifest(next, {
        tag,
        expected: digest ?? 'absent',
        settle: false,
        signal: late && signal ? AbortSignal.any([signal, late]) : (late ?? signal),
      })
      for (const [key] of append) written.add(key)
      futile = 0
    } catch (error) {
      signal?.throwIfAborted()
      const isConflict = isSallyportError(error) && error.code === 'TAG_CONFLICT'
      const theirs = vanished.filter(([key]) => !own.has(key))
      const mayPass = isConflict || late?.aborted || (missesBlob(error) && ++misses < maxFutile)
      if (!mayPass) {
        if (theirs.length === 0) throw error
        // What others deleted may be gone for good.
        for (const [key] of theirs) seen.delete(key)
      }
      // Another writer was faster, and the registry said so; or the tag can't be moved.
      futile = before === digest ? futile + 1 : 0
      if (isConflict && futile >= maxFutile) throw error
      const tookMs = Math.max(performance.now() - startedAt, 5)
      await pause(tookMs * Math.random() * 2 ** Math.min(++conflicts, 4), signal)
    }
    before = digest
    slowestMs = Math.max(slowestMs, performance.now() - startedAt)
  }
}

interface TaggedManifest {
  readonly digest?: Digest | undefined
  readonly manifest?: ImageManifest | undefined
}

async function readTag(
  repository: Repository,
  tag: string,
  signal: AbortSignal | undefined,
): Promise<TaggedManifest> {
  const raw = await repository.findManifest(tag, { signal })
  if (!raw) return {}
  const manifest = parseArtifactManifest(raw)
  if (!manifest || !mayHoldEvidence(manifest))
    throw new AttestError('STORE_CONFLICT', `${repository.name}:${tag} is something else than evidence`)
  return { digest: raw.descriptor.digest, manifest }
}

/** An image or artifact that somebody tagged so would lose its config, type and subject when layers are added to it. */
function mayHoldEvidence({ artifactType, subject, layers }: ImageManifest): boolean {
  return (
    artifactType === undefined &&
    subject === undefined &&
    !layers.some(({ mediaType }) => imageLayerPrefixes.some((prefix) => mediaType.startsWith(prefix)))
  )
}

/** The layers for which the manifest has room, next to those that it must hold. */
function takeFitting(
  layers: readonly [string, Descriptor][],
  taken: readonly Descriptor[],
): readonly [string, Descriptor][] {
  let count = taken.length
  let bytes = manifestFrameBytes + taken.reduce((sum, layer) => sum + bytesOf(layer), 0)
  return layers.filter(([, layer]) => {
    const size = bytesOf(layer)
    if (count + 1 > maxLegacyLayers || bytes + size > maxLegacyManifestBytes) return false
    count += 1
    bytes += size
    return true
  })
}

/** As a member of the list of layers. */
function bytesOf(layer: Descriptor): number {
  return Buffer.byteLength(JSON.stringify(layer)) + 1
}

/** Tells layers apart: the same payload with another signature is another layer. */
export function layerIdentity({ digest, mediaType, annotations = {} }: Descriptor): string {
  return JSON.stringify([digest, mediaType, Object.entries(annotations).sort()])
}
