import type { FileNode } from '@sallyport/image'
import { isLibrary } from '../elf/library-search.ts'
import type { FileContent } from '../usage/file-contents.ts'
import type { Comparison } from './comparison.ts'

/** A program, library or script of the image after. */
export interface ComparedProgram {
  readonly node: FileNode
  readonly content: FileContent
  /** What was at this path before, where it had other content. */
  readonly was?: FileContent | undefined
}

/** Reads everything in the image after that can be run or loaded. */
export async function readPrograms({
  before,
  after,
  changed,
}: Comparison): Promise<readonly ComparedProgram[]> {
  const programs: ComparedProgram[] = []
  for (const node of after.image.tree.entries()) {
    if (node.type !== 'file' || ((node.mode & 0o111) === 0 && !isLibrary(node.path))) continue
    const content = await after.contents.read(node)
    const original = changed.has(node.path) ? before.image.tree.get(node.path) : undefined
    const was = original && (await before.contents.read(original))
    if (content.type === 'elf' || content.type === 'script') programs.push({ node, content, was })
  }
  return programs
}
