import { type Descriptor, type Digest, type ImageManifest, isSallyportError } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import { AttestError } from '../errors.ts'
import { pause } from '../internal/pause.ts'
import { buildLegacyManifest } from './build-legacy-manifest.ts'
import { missesBlob } from './put-with-blobs.ts'
import { parseArtifactManifest } from './parse-artifact-manifest.ts'
import { maxLegacyLayers } from './wire-format.ts'

/** Options of {@link appendLayers}. */
export interface AppendOptions {
  /** Shortest pause between writing and reading back, in milliseconds; 0 where nobody else writes. */
  readonly settleMs: number
  readonly signal: AbortSignal
}

/** How layers came to stand under a tag. */
export interface AppendedLayers {
  /** Manifest that holds them. */
  readonly manifest: Digest
  /** Those for which there was no room. */
  readonly refused: ReadonlySet<Descriptor>
}

/** Most writes against other writers; each that is refused means that another one got through. */
const maxWrites = 60
/** So often may a write be refused although nobody else wrote. */
const maxFutile = 5
/** How much longer a manifest has to stay as it is than its slowest write took. */
const settleFactor = 4
const maxSettleMs = 10_000

/**
 * Appends layers to the manifest under a `.sig` or `.att` tag, next to other writers, in this process and in others.
 *
 * A registry that honours `If-Match` refuses a write that rests on an old state. Elsewhere the last writer wins and
 * nobody is told: so every writer stays until its layers have stood for a settling time, and writes again until they
 * do; layers that vanish while it looks on, whoever wrote them, come back. A layer can only be lost when another
 * writer's PUT lands later after that writer's read than the settling time: at least `settleMs`, four times the
 * slowest write seen here, and doubled with each loss. A write that takes longer than that is given up.
 *
 * @throws {AttestError} `STORE_CONFLICT` when others overwrite the tag again and again, or it holds something else.
 * @throws {OciError} `TAG_CONFLICT` when the tag can't be moved.
 */
export async function appendLayers(
  repository: Repository,
  tag: string,
  added: readonly Descriptor[],
  { settleMs, signal }: AppendOptions,
): Promise<AppendedLayers> {
  const own = new Map(added.map((layer) => [identity(layer), layer]))
  const seen = new Map<string, Descriptor>()
  const refused = new Set<Descriptor>()
  let slowestMs = 0
  let losses = 0
  let futile = 0
  let misses = 0
  let settled = settleMs === 0
  let before: Digest | undefined
  const patienceMs = (): number =>
    Math.min(Math.max(settleMs, slowestMs * settleFactor) * 2 ** Math.min(losses, 4), maxSettleMs)

  for (let writes = 0; ;) {
    signal.throwIfAborted()
    const { digest, manifest } = await readTag(repository, tag, signal)
    const layers = new Map((manifest?.layers ?? []).map((layer) => [identity(layer), layer]))
    const isMissing = ([key]: [string, Descriptor]): boolean => !layers.has(key)
    const vanished = [...seen].filter(isMissing)
    const room = Math.max(0, maxLegacyLayers - (manifest?.layers.length ?? 0) - vanished.length)
    const missing = [...own].filter((each) => isMissing(each) && !seen.has(each[0]))
    for (const [key, layer] of missing.slice(room)) {
      own.delete(key)
      refused.add(layer)
    }
    for (const [key, layer] of layers) seen.set(key, layer)
    const append = [...vanished, ...missing.slice(0, room)].map(([, layer]) => layer)
    if (append.length === 0 && digest !== undefined) {
      if (settled || own.size === 0) return { manifest: digest, refused }
      await pause(patienceMs() * (1 + Math.random()), signal)
      settled = true
      continue
    }

    if (settled && writes > 0) losses++
    settled = settleMs === 0
    if (writes++ === maxWrites) {
      throw new AttestError(
        'STORE_CONFLICT',
        `${repository.name}:${tag} was overwritten ${maxWrites} times by others; try again`,
      )
    }
    const next = await buildLegacyManifest(repository, manifest, append, signal)
    const late = settleMs === 0 ? undefined : AbortSignal.timeout(Math.ceil(patienceMs()))
    const startedAt = performance.now()
    try {
      await repository.putManifest(next, {
        tag,
        expected: digest ?? 'absent',
        signal: AbortSignal.any(late ? [signal, late] : [signal]),
      })
      futile = 0
    } catch (error) {
      signal.throwIfAborted()
      const isConflict = isSallyportError(error) && error.code === 'TAG_CONFLICT'
      const others = vanished.filter(([key]) => !own.has(key))
      const mayPass = isConflict || late?.aborted || (missesBlob(error) && ++misses < maxFutile)
      if (!mayPass) {
        if (others.length === 0) throw error
        // What others deleted may be gone for good.
        for (const [key] of others) seen.delete(key)
      }
      // Another writer was faster, and the registry said so; or the tag can't be moved.
      futile = before === digest ? futile + 1 : 0
      if (isConflict && futile >= maxFutile) throw error
      if (settleMs > 0) await pause(settleMs * Math.random() * 2 ** Math.min(writes, 4), signal)
    }
    before = digest
    slowestMs = Math.max(slowestMs, performance.now() - startedAt)
  }
}

interface TaggedManifest {
  readonly digest?: Digest | undefined
  readonly manifest?: ImageManifest | undefined
}

async function readTag(repository: Repository, tag: string, signal: AbortSignal): Promise<TaggedManifest> {
  const raw = await repository.findManifest(tag, { signal })
  if (!raw) return {}
  const manifest = parseArtifactManifest(raw)
  if (!manifest)
    throw new AttestError('STORE_CONFLICT', `${repository.name}:${tag} is something else than evidence`)
  return { digest: raw.descriptor.digest, manifest }
}

/** Tells layers apart: the same payload with another signature is another layer. */
function identity({ digest, mediaType, annotations = {} }: Descriptor): string {
  return JSON.stringify([digest, mediaType, Object.entries(annotations).sort()])
}
