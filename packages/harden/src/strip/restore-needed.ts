import type { FileNode, Image } from '@sallyport/image'
import { withoutPaths } from '../tree-view.ts'
import type { UsageAnalysis } from '../usage/analyze-usage.ts'

/**
 * Puts back what something that stays needs: the target of a link, a library or interpreter of a program, the
 * interpreter of a script. Gives the generated links that lead nowhere then, and are to leave as well.
 *
 * @param removed - what leaves in any case
 * @param stripped - what is to leave; paths are taken out of it
 * @param isGenerated - whether a link was made for its target, and means nothing without it
 */
export async function restoreNeeded(
  { tree }: Pick<Image, 'tree'>,
  { contents, libraries }: Pick<UsageAnalysis, 'contents' | 'libraries'>,
  removed: ReadonlySet<string>,
  stripped: Map<string, unknown>,
  isGenerated: (link: FileNode) => boolean,
): Promise<ReadonlySet<string>> {
  const before = withoutPaths(tree, removed)
  const gone = new Set([...removed, ...stripped.keys()])
  const view = withoutPaths(tree, gone)
  const links = new Set<string>()
  const pending = [...tree.entries()].filter(({ path }) => !gone.has(path))
  const restore = (path: string | undefined) => {
    const node = path === undefined ? undefined : tree.get(path)
    if (node === undefined || !stripped.delete(node.path)) return
    gone.delete(node.path)
    pending.push(node)
  }
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    const { path, type } = node
    if (type === 'symlink') {
      if (view.resolve(path) !== undefined || before.resolve(path) === undefined) continue
      if (isGenerated(node)) links.add(path)
      else for (const step of followChain(tree, node)) restore(step)
      continue
    }
    if (type !== 'file') continue
    const content = isProgram(node) ? await contents.read(node) : undefined
    if (content?.type === 'elf') {
      const { elf } = content
      if (elf.interpreter) for (const step of pathsTo(tree, elf.interpreter)) restore(step)
      for (const name of elf.needed) {
        const found = libraries.locate(before, { path, elf }, name)
        if (found !== undefined) for (const step of pathsTo(tree, found)) restore(step)
      }
    } else if (content?.type === 'script') {
      const [interpreter] = content.interpreter
      if (interpreter) for (const step of pathsTo(tree, interpreter)) restore(step)
    }
  }
  // What one of them leads to may have been put back since.
  return new Set([...links].filter((path) => view.resolve(path) === undefined))
}

/** A library may have no execute bit; other files without one start nothing. */
function isProgram({ path, mode }: FileNode): boolean {
  return (mode & 0o111) !== 0 || /\.so(?:\.|$)/.test(path)
}

function pathsTo(tree: Image['tree'], name: string): readonly string[] {
  const node = tree.resolve(name, { followLast: false })
  return node === undefined ? [] : [node.path, ...(node.type === 'symlink' ? followChain(tree, node) : [])]
}

const maxLinks = 40

/** The paths that a link leads over, its end included. */
function followChain(tree: Image['tree'], link: FileNode): readonly string[] {
  const steps: string[] = []
  let node: FileNode | undefined = link
  while (node?.type === 'symlink' && steps.length < maxLinks) {
    const target: string = node.linkTarget ?? ''
    const name: string = target.startsWith('/')
      ? target
      : `${node.path.slice(0, node.path.lastIndexOf('/'))}/${target}`
    node = tree.resolve(name, { followLast: false })
    if (node !== undefined) steps.push(node.path)
  }
  return steps
}
