import type { Digest, Platform } from '@sallyport/core'
import { type EntryRef, type FileNode, ImageError, type MergedTree } from '@sallyport/image'
import { InventoryError } from '../errors.ts'
import type { FileWish } from './facts-plan.ts'
import type { FileExaminer, ImageFiles } from './image-files.ts'
import type { LayerFacts } from './layer-facts.ts'

/** The files of an image that is not at hand, only what was taken out of its layers. */
export interface FactsFiles extends ImageFiles {
  /** What was asked for and had not been taken, by layer and position of the entry. */
  readonly missed: ReadonlyMap<number, ReadonlyMap<number, FileWish>>
}

/** What {@link factsFiles} is made of. */
export interface FactsFilesParts {
  readonly subject: Digest
  readonly platform: Platform
  readonly layers: readonly { readonly diffId: Digest; readonly facts: LayerFacts }[]
  /** The layers' indexes, merged. */
  readonly tree: MergedTree
}

/** The files of an image, made of the facts of its layers. */
export function factsFiles({ subject, platform, layers, tree }: FactsFilesParts): FactsFiles {
  const missed = new Map<number, Map<number, FileWish>>()
  const miss = (node: FileNode, { layer, entry }: EntryRef, wish: FileWish): InventoryError => {
    const group = missed.get(layer) ?? new Map<number, FileWish>()
    missed.set(layer, group)
    const known = group.get(entry)
    group.set(entry, {
      keep: wish.keep || known?.keep === true,
      examiners: [...new Set([...(known?.examiners ?? []), ...wish.examiners])],
    })
    return new InventoryError('CONTENT_NOT_KEPT', `nothing was kept of ${node.path}`)
  }
  const locate = (node: FileNode): EntryRef => {
    const found = tree.contentOf(node)
    if (found) return found
    const what = tree.get(node.path)?.type
    throw new ImageError('NOT_A_FILE', `${node.path} is ${what ? `a ${what}` : 'missing'}`, {
      path: node.path,
    })
  }
  return {
    subject,
    platform,
    layers,
    tree,
    missed,
    async readFile(node, { maxBytes, signal }) {
      signal?.throwIfAborted()
      const ref = locate(node)
      const { path, size } = node
      if (size > maxBytes)
        throw new ImageError('LIMIT_EXCEEDED', `${path}: ${size} of ${maxBytes} bytes`, { path })
      const { contents } = layers[ref.layer]!.facts
      if (!contents.has(ref.entry)) throw miss(node, ref, { keep: true, examiners: [] })
      const content = contents.get(ref.entry)
      if (content) return content
      throw new InventoryError('LIMIT_EXCEEDED', `${path}: more than what is kept of one layer`)
    },
    async examine<T>(
      node: FileNode,
      examiner: FileExaminer<T>,
      { signal }: { signal?: AbortSignal | undefined } = {},
    ) {
      signal?.throwIfAborted()
      const ref = locate(node)
      const known = layers[ref.layer]!.facts.examinations.get(examiner.name)?.get(ref.entry)
      switch (known?.kind) {
        case undefined:
          throw miss(node, ref, { keep: false, examiners: [examiner] })
        case 'found':
          return known.value as T | undefined
        case 'broken':
          throw new SyntaxError(known.message)
        case 'limited':
          throw new InventoryError('LIMIT_EXCEEDED', known.message)
      }
    },
  }
}
