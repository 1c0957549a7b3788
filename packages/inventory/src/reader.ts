import type { FileNode, Image } from '@sallyport/image'
import type { Distro, InventoryGap, Package, PackageEvidence } from './inventory.ts'

/** What each reader is given. */
export interface ReaderContext {
  readonly image: Image
  readonly distro: Distro | undefined
  readonly signal: AbortSignal | undefined
  /** Notes something that could not be read. */
  report(gap: InventoryGap): void
}

/** Finds the packages of one kind. */
export type PackageReader = (context: ReaderContext) => Promise<readonly Package[]>

/** Says where a package was found. */
export function evidenceOf({ layers }: Image, node: FileNode, method: string): PackageEvidence {
  return { path: node.path, layer: node.layer, diffId: layers[node.layer]!.diffId, method }
}

/** Runs one part of a reader; what fails there becomes a gap, and the others go on. */
export async function readOrReport<T>(
  { report, signal }: Pick<ReaderContext, 'report' | 'signal'>,
  path: string,
  read: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    signal?.throwIfAborted()
    report({
      code: 'UNREADABLE',
      path,
      message: `${path}: ${error instanceof Error ? error.message : 'unreadable'}`,
    })
    return undefined
  }
}
