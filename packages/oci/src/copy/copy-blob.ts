import type { Descriptor } from '@sallyport/core'
import { passUnshared } from '../blob/unshared-chunks.ts'
import { verifiedContent, watchedContent } from '../blob/verified-content.ts'
import type { Repository } from '../ports/repository.ts'
import { isRegistryRepository, type RegistryRepository } from '../registry/registry-repository.ts'
import type { BlobOutcome, RegistryBlobOptions } from '../registry/write-blob.ts'
import { atSide, withSide } from './at-side.ts'
import type { CopyEvent } from './copy-event.ts'
import { type BlobTap, tapContent } from './tap-content.ts'

/** Where a copy reads: a repository, or anything that has the manifests and blobs. */
export interface CopySource extends Pick<Repository, 'name' | 'getManifest' | 'open'> {
  /**
   * A repository of the target's registry that has the blob, which is then linked rather than sent; asked when the
   * transfer is about to begin. Default: the source itself, where it is in the same registry.
   */
  mountFrom?(blob: Descriptor, target: RegistryRepository): Promise<string | undefined>
}

/** Options of writes to a registry that a copy hands on. */
export type CopyBlobOptions = Omit<RegistryBlobOptions, 'signal' | 'mountFrom' | 'onBytes'>

/** What {@link copyBlob} needs besides the blob. */
export interface CopyBlobContext {
  readonly source: CopySource
  readonly target: Repository
  readonly signal: AbortSignal
  readonly report: (event: CopyEvent) => void
  readonly options?: CopyBlobOptions | undefined
  /** Called for each transfer, again when one is repeated. */
  readonly tap?: (() => BlobTap | undefined) | undefined
  /** Read the blob for the tap also when it need not be copied. */
  readonly tapExisting: boolean
}

/** Brings one blob to the target: it has it, mounts it, or is sent it. */
export async function copyBlob(blob: Descriptor, context: CopyBlobContext): Promise<void> {
  const { target, signal, report } = context
  signal.throwIfAborted()
  report({ type: 'blob-started', blob })
  const content = openAtSource(blob, context)
  const tap = createTap(context)
  const tapped = watchedContent(content, (chunks) => {
    const reader = tap.next()
    return reader === undefined ? chunks[Symbol.asyncIterator]() : tapContent(chunks, reader)
  })
  const outcome = await atSide('target', target.name, () => put(blob, tapped, context))
  // A registry may have all of an upload from an earlier process, or a repeated transfer may turn out to be needless.
  const reader = tap.isOwed(outcome) ? tap.next() : undefined
  if (reader !== undefined) for await (const _ of tapContent(content, reader));
  const types = { existing: 'blob-skipped', mounted: 'blob-mounted', uploaded: 'blob-copied' } as const
  report({ type: types[outcome], blob })
}

async function put(
  blob: Descriptor,
  content: AsyncIterable<Uint8Array>,
  { source, target, signal, report, options }: CopyBlobContext,
): Promise<BlobOutcome> {
  if (isRegistryRepository(target)) {
    const near = isRegistryRepository(source) && source.registry === target.registry
    if (near && source.repository === target.repository) return 'existing'
    const mountFrom = near ? source.repository : await source.mountFrom?.(blob, target)
    const onBytes = (bytes: number): void => report({ type: 'blob-progressed', blob, bytes })
    return target.putBlob(blob, content, { ...options, signal, mountFrom, onBytes })
  }
  if (await target.has(blob, { signal })) return 'existing'
  await target.write(blob, content, { signal })
  report({ type: 'blob-progressed', blob, bytes: blob.size })
  return 'uploaded'
}

/** The content, verified, and with errors that say where they come from. */
function openAtSource(
  blob: Descriptor,
  { source, signal }: Pick<CopyBlobContext, 'source' | 'signal'>,
): AsyncIterable<Uint8Array> {
  // A reader can be asked again, so any content can be sent again; and it is not asked before it is needed.
  const content = verifiedContent(blob, () => source.open(blob, { signal }))
  return watchedContent(content, (chunks) => labelErrors(chunks, source.name))
}

/** Hands out the tap for each transfer, and knows whether one has had all of the content. */
function createTap({ tap, tapExisting }: Pick<CopyBlobContext, 'tap' | 'tapExisting'>): {
  next(): BlobTap | undefined
  isOwed(outcome: BlobOutcome): boolean
} {
  let begun = false
  let done = tap === undefined
  return {
    next() {
      const reader = tap?.()
      begun = true
      if (reader === undefined) done = true
      return (
        reader &&
        (async (content) => {
          await reader(content)
          done = true
        })
      )
    },
    isOwed: (outcome) => !done && (begun || tapExisting || outcome === 'uploaded'),
  }
}

function labelErrors(chunks: AsyncIterable<Uint8Array>, name: string): AsyncIterator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]()
  const labelled: AsyncIterator<Uint8Array> = {
    next: () =>
      iterator.next().catch((error: unknown) => {
        throw withSide(error, 'source', name)
      }),
    return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
  }
  return passUnshared(iterator, labelled)
}
