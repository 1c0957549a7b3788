import {
  type BlobReader,
  type Descriptor,
  type Digest,
  digestHex,
  digestOf,
  type Platform,
  type RawManifest,
  runConcurrently,
} from '@sallyport/core'
import { ImageError, type ImageLimits, type MergedTree, mergeTree, readDocuments } from '@sallyport/image'
import { decodeLayerFacts } from '../cache/decode-layer-facts.ts'
import { encodeLayerFacts } from '../cache/encode-layer-facts.ts'
import { InventoryError } from '../errors.ts'
import { maxKeptImageBytes } from '../internal/limits.ts'
import type { InventoryProgress } from '../inventory-progress.ts'
import type { LayerFactsCache } from '../ports/layer-facts-cache.ts'
import type { FactsPlan, FileWish } from './facts-plan.ts'
import type { LayerFacts } from './layer-facts.ts'
import { readLayerFacts } from './read-layer-facts.ts'

/** Options of {@link collectFacts}. */
export interface CollectFactsOptions {
  readonly plan: FactsPlan
  readonly cache?: LayerFactsCache | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((event: InventoryProgress) => void) | undefined
  readonly limits?: ImageLimits | undefined
  readonly directory?: string | undefined
}

/** The facts of an image's layers, as they come in. */
export interface FactsCollection {
  readonly subject: Digest
  readonly platform: Platform
  /** Whether nothing is known yet of this layer of the image. */
  needs(blob: Descriptor): boolean
  /** Takes a layer from a stream. */
  take(blob: Descriptor, content: AsyncIterable<Uint8Array>): Promise<void>
  /** Reads the layers that are still missing, two at a time, and lays them over each other. */
  complete(): Promise<CompleteFacts>
  /** Reads layers again for more than was taken the first time: by layer and position of the entry. */
  extend(missed: ReadonlyMap<number, ReadonlyMap<number, FileWish>>): Promise<void>
}

/** All layers, the base first. */
export interface CompleteFacts {
  readonly layers: readonly { readonly diffId: Digest; readonly facts: LayerFacts }[]
  readonly tree: MergedTree
}

/** One layer; where an image names it twice, all the same. */
interface Slot {
  /** Position of its first place. */
  readonly layer: number
  readonly descriptor: Descriptor
  readonly diffId: Digest
  readonly key: string
  facts?: LayerFacts
}

/** Two at a time: zlib works on other threads, more only costs memory. */
const concurrency = 2

/** Reads manifest and config of an image, and what the cache knows of its layers. */
export async function collectFacts(
  source: BlobReader,
  raw: RawManifest,
  options: CollectFactsOptions,
): Promise<FactsCollection> {
  const { plan, cache, signal, onProgress, limits, directory } = options
  const { manifest, diffIds, platform } = await readDocuments(source, raw, { limits, signal })
  const slots = new Map<Digest, Slot>()
  for (const [layer, descriptor] of manifest.layers.entries()) {
    const diffId = diffIds[layer]!
    const known = slots.get(descriptor.digest)
    if (known === undefined) {
      const key = keyOf(descriptor, diffId, plan, limits)
      slots.set(descriptor.digest, { layer, descriptor, diffId, key })
    } else if (known.diffId !== diffId) {
      const message = `layer ${descriptor.digest} has two different diff ids`
      throw new ImageError('DIFF_ID_MISMATCH', message, { blob: descriptor.digest })
    }
  }
  const budget = createBudget(limits)

  async function cached<T>(slot: Slot, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      signal?.throwIfAborted()
      onProgress?.({ type: 'cache-failed', layer: slot.layer, error })
      return undefined
    }
  }

  async function store(slot: Slot, facts: LayerFacts): Promise<void> {
    slot.facts = facts
    boundHeld(slots.values(), raw.descriptor.digest)
    if (cache) await cached(slot, async () => cache.put(slot.key, await encodeLayerFacts(slot.key, facts)))
  }

  async function read(
    slot: Slot,
    content: AsyncIterable<Uint8Array>,
    wishes: ReadonlyMap<number, FileWish> | undefined,
    stop: AbortSignal | undefined,
  ): Promise<void> {
    const { layer, descriptor, diffId, facts: known } = slot
    const { digest, size } = descriptor
    let received = 0
    const spend = budget.start(digest)
    const facts = await readLayerFacts(content, {
      descriptor,
      diffId,
      known,
      limits,
      directory,
      signal: stop,
      wishFor: wishes ? (_, position) => wishes.get(position) : (entry) => plan.wishFor(entry),
      onBytes(bytes) {
        received += bytes
        onProgress?.({ type: 'layer-progress', layer, bytes: received, size })
      },
      onTarBytes: spend,
    })
    await store(slot, facts)
    onProgress?.({ type: 'layer-known', layer, digest, from: 'blob' })
  }

  await runConcurrently([...slots.values()], concurrency, signal, async (slot) => {
    const { key, layer, descriptor } = slot
    const facts = await cached(slot, async () => {
      const bytes = await cache?.get(key)
      return bytes && decodeLayerFacts(key, bytes)
    })
    if (!facts) return
    budget.start(descriptor.digest)(facts.tarBytes)
    slot.facts = facts
    boundHeld(slots.values(), raw.descriptor.digest)
    onProgress?.({ type: 'layer-known', layer, digest: descriptor.digest, from: 'cache' })
  })

  return {
    subject: raw.descriptor.digest,
    platform,
    needs(blob) {
      const slot = slots.get(blob.digest)
      return slot !== undefined && slot.facts === undefined
    },
    async take(blob, content) {
      const slot = slots.get(blob.digest)
      if (slot) await read(slot, content, undefined, signal)
    },
    async complete() {
      const missing = [...slots.values()].filter(({ facts }) => facts === undefined)
      await runConcurrently(missing, concurrency, signal, (slot, stop) =>
        read(slot, source.open(slot.descriptor, { signal: stop }), undefined, stop),
      )
      const layers = manifest.layers.map(({ digest }) => {
        const { diffId, facts } = slots.get(digest)!
        return { diffId, facts: facts! }
      })
      return {
        layers,
        tree: mergeTree(
          layers.map(({ facts }) => facts.index),
          { limits },
        ),
      }
    },
    async extend(missed) {
      const bySlot = new Map<Slot, Map<number, FileWish>>()
      for (const [layer, wishes] of missed) {
        const slot = slots.get(manifest.layers[layer]!.digest)!
        bySlot.set(slot, new Map([...(bySlot.get(slot) ?? []), ...wishes]))
      }
      await runConcurrently([...bySlot], concurrency, signal, ([slot, wishes], stop) =>
        read(slot, source.open(slot.descriptor, { signal: stop }), wishes, stop),
      )
    },
  }
}

/**
 * Names the facts of a layer. The blob is a part of it, not only its diff id: that both belong together is known of the
 * layers that were read, not of what a manifest claims. So are the limits under which it was read.
 */
function keyOf(
  { mediaType, digest, size }: Descriptor,
  diffId: Digest,
  { id }: FactsPlan,
  limits: ImageLimits = {},
): string {
  const given = Object.entries(limits).filter(([, value]) => value !== undefined)
  return digestHex(digestOf(JSON.stringify([mediaType, digest, size, diffId, id, given.sort()])))
}

const defaultMaxImageBytes = 128 * 1024 ** 3

/** Bounds the uncompressed bytes of all layers together. */
function createBudget({ maxImageBytes = defaultMaxImageBytes }: ImageLimits = {}): {
  /** Begins to count a layer, or to count it again. */
  start(digest: Digest): (bytes: number) => void
} {
  const spent = new Map<Digest, number>()
  let total = 0
  return {
    start(digest) {
      total -= spent.get(digest) ?? 0
      spent.set(digest, 0)
      return (bytes) => {
        total += bytes
        spent.set(digest, (spent.get(digest) ?? 0) + bytes)
        if (total > maxImageBytes) {
          throw new ImageError(
            'LIMIT_EXCEEDED',
            `image of more than ${maxImageBytes} bytes when uncompressed`,
          )
        }
      }
    },
  }
}

/** Bounds what is held of all layers together, as they come in. */
function boundHeld(slots: Iterable<Slot>, subject: Digest): void {
  let held = 0
  for (const { facts } of slots) held += facts?.heldBytes ?? 0
  if (held > maxKeptImageBytes) {
    throw new InventoryError(
      'LIMIT_EXCEEDED',
      `${subject}: package databases of ${held} of ${maxKeptImageBytes} bytes`,
    )
  }
}
