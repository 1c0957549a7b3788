import type { Descriptor } from '@sallyport/core'
import { verifiedContent, watchedContent } from '../blob/verified-content.ts'
import type { Repository } from '../ports/repository.ts'
import { isRegistryRepository } from '../registry/registry-repository.ts'
import type { RegistryBlobOptions } from '../registry/write-blob.ts'
import { atSide, withSide } from './at-side.ts'
import type { CopyEvent } from './copy-event.ts'
import { type BlobTap, tapContent } from './tap-content.ts'

/** Where a copy reads: a repository, or anything that has the manifests and blobs. */
export type CopySource = Pick<Repository, 'name' | 'getManifest' | 'open'>

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
  const { source, target, signal, report, tapExisting } = context
  signal.throwIfAborted()
  report({ type: 'blob-started', blob })
  let tapped = false
  const open = (): AsyncIterable<Uint8Array> =>
    openTapped(blob, context, () => {
      tapped = true
      return context.tap?.()
    })
  const outcome = await atSide('target', target.name, async () => {
    if (isRegistryRepository(target)) {
      const near = isRegistryRepository(source) && source.registry === target.registry
      const mountFrom = near && source.repository !== target.repository ? source.repository : undefined
      const onBytes = (bytes: number): void => report({ type: 'blob-progressed', blob, bytes })
      return target.putBlob(blob, open(), { ...context.options, signal, mountFrom, onBytes })
    }
    if (await target.has(blob, { signal })) return 'existing'
    await target.write(blob, open(), { signal })
    report({ type: 'blob-progressed', blob, bytes: blob.size })
    return 'uploaded'
  })
  if (!tapped && tapExisting) for await (const _ of open());
  const types = { existing: 'blob-skipped', mounted: 'blob-mounted', uploaded: 'blob-copied' } as const
  report({ type: types[outcome], blob })
}

/** The content as the source has it, verified, tapped, and with errors that say where they come from. */
function openTapped(
  blob: Descriptor,
  { source, signal }: CopyBlobContext,
  tap: () => BlobTap | undefined,
): AsyncIterable<Uint8Array> {
  // A reader can be asked again, so any content can be sent again; and it is not asked before it is needed.
  const content = verifiedContent(blob, () => source.open(blob, { signal }))
  const labelled = watchedContent(content, (chunks) => labelErrors(chunks, source.name))
  return watchedContent(labelled, (chunks) => {
    const reader = tap()
    return reader === undefined ? chunks[Symbol.asyncIterator]() : tapContent(chunks, reader)
  })
}

function labelErrors(chunks: AsyncIterable<Uint8Array>, name: string): AsyncIterator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]()
  return {
    next: () =>
      iterator.next().catch((error: unknown) => {
        throw withSide(error, 'source', name)
      }),
    return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
  }
}
