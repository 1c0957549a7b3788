import { isSallyportError } from '@sallyport/core'
import type { FileNode } from '@sallyport/image'
import type { ContentSums } from './content-sums.ts'
import type { FileCandidate, FileExaminer, ImageFiles } from './files/image-files.ts'
import { maxGaps } from './internal/limits.ts'
import type { InventoryGap, Package, PackageEvidence } from './inventory.ts'
import type { PurlDistro } from './package-url.ts'
import type { FileRecord } from './recorded-sums.ts'

/** What each reader is given. */
export interface ReaderContext {
  readonly image: ImageFiles
  /** How purls name the distribution; of an unknown one too, as far as it names itself. */
  readonly purlDistro: PurlDistro
  readonly signal: AbortSignal | undefined
  /** Notes something that could not be read. */
  report(gap: InventoryGap): void
  /** Notes what a file hashes to whose content was examined and not kept. */
  noteContent(path: string, sums: ContentSums): void
  /** Notes what a database says of the files of one of its packages; asked for only where it matters. */
  noteRecorded(owner: Package, filesOf: () => ReadonlyMap<string, FileRecord>): void
}

/** Finds the packages of one kind. */
export interface PackageReader {
  /** Unique among the readers; a part of the key of cached layers. */
  readonly name: string
  /** Goes up with every change of what is selected. */
  readonly version: number
  /**
   * Whether the whole content of a file is needed. Only paths that say so surely: what is selected is kept in memory
   * and in caches.
   */
  selects?(file: FileCandidate): boolean
  /** What is looked for in files that are too many or too large to be kept. */
  readonly examiners?: readonly FileExaminer[] | undefined
  read(context: ReaderContext): Promise<readonly Package[]>
}

/** Says where a package was found. */
export function evidenceOf(
  { layers }: Pick<ImageFiles, 'layers'>,
  node: FileNode,
  method: string,
): PackageEvidence {
  return { path: node.path, layer: node.layer, diffId: layers[node.layer]!.diffId, method }
}

/**
 * Runs one part of a reader. What is wrong with the image there becomes a gap, and the others go on; a fault of the
 * machine or of the code is none of the image's and ends the call.
 */
export async function readOrReport<T>(
  { report, signal }: Pick<ReaderContext, 'report' | 'signal'>,
  path: string,
  read: () => Promise<T> | T,
): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    signal?.throwIfAborted()
    if (!(error instanceof SyntaxError) && !isSallyportError(error)) throw error
    report({ code: 'UNREADABLE', path, message: `${path}: ${error.message}` })
    return undefined
  }
}

/** Keeps gaps; after the first thousand only their number, so that a hostile image cannot fill the memory. */
export function collectGaps(): { report(gap: InventoryGap): void; list(): InventoryGap[] } {
  const gaps: InventoryGap[] = []
  let more = 0
  return {
    report: (gap) => {
      if (gaps.length < maxGaps) gaps.push(gap)
      else more++
    },
    list: () =>
      more === 0
        ? [...gaps]
        : [...gaps, { code: 'UNREADABLE', message: `${more} more gaps that are not told one by one` }],
  }
}
