import type { FileTree } from '@sallyport/image'
import { findLibraryNames } from '../elf/find-strings.ts'
import type { FileContents } from './file-contents.ts'
import { addNamed } from './find-command.ts'
import type { UsageEdge } from './usage.ts'

const maxBytes = 256 * 1024

/**
 * Edges to libraries that configuration of nobody names by their paths: drivers of ODBC, modules of PKCS #11. Who wrote
 * it wants them, and the program that reads it makes up its name.
 */
export async function findUnownedLibraries(
  tree: FileTree,
  contents: FileContents,
  leaves: readonly UsageEdge[],
): Promise<readonly UsageEdge[]> {
  const edges: UsageEdge[] = []
  for (const { to: from } of leaves) {
    const node = from.startsWith('/etc/') ? tree.get(from) : undefined
    if (node?.type !== 'file' || node.size > maxBytes) continue
    const content = await contents.read(node)
    if (content.type !== 'text') continue
    for (const name of findLibraryNames(content.text))
      if (name.startsWith('/'))
        addNamed(tree, name, (to) =>
          edges.push({ kind: 'config-include', from, to, certain: false, proof: name }),
        )
  }
  return edges
}
