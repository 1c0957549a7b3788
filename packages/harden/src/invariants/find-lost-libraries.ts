import type { FileNode } from '@sallyport/image'
import type { Loader } from '../elf/library-search.ts'
import type { ComparedSide, Comparison } from './comparison.ts'
import type { Violation } from './invariant.ts'
import type { ComparedProgram } from './read-programs.ts'

/**
 * I2: each library and interpreter that an ELF file of the image found before it still finds, in the same way and at the
 * same path; one with other content has the versions of symbols that are asked of it.
 */
export async function findLostLibraries(
  comparison: Comparison,
  programs: readonly ComparedProgram[],
): Promise<readonly Violation[]> {
  const { before, after } = comparison
  const violations: Violation[] = []
  for (const { node, content, was: old } of programs) {
    if (content.type !== 'elf') continue
    const { elf } = content
    const from = { path: node.path, elf }
    const known = old?.type === 'elf' ? old.elf.needed : undefined
    const isNew = old !== undefined || !before.image.tree.get(node.path)
    for (const name of elf.needed) {
      const was = findOn(before, from, name)
      const is = findOn(after, from, name)
      const isSame = is?.file.path === was?.file.path && (is?.isConfigured || !was?.isConfigured)
      const report = (what: string, path: string | undefined) =>
        violations.push({ message: `${node.path} ${what}`, at: node.path, path })
      if (was && is && (isSame || isUpgraded(comparison, was.file.path))) {
        const lost = await findLostVersion(comparison, from, name, was.file, is.file)
        if (lost) report(`needs ${lost} of ${name}`, was.file.path)
      } else if (was)
        report(`needs ${name}`, is?.file.path === was.file.path ? lostFile(comparison) : was.file.path)
      // What a new program, or a new version of one, asks for must be there; what it never found it may go without.
      else if (!is && isNew && !known?.includes(name)) report(`needs ${name}`, undefined)
    }
    if (elf.interpreter === undefined) continue
    const interpreter = before.image.tree.resolve(elf.interpreter)
    if (interpreter && !after.image.tree.resolve(elf.interpreter))
      violations.push({
        message: `${node.path} is loaded by ${elf.interpreter}`,
        at: node.path,
        path: interpreter.path,
      })
  }
  return violations
}

function findOn(
  { image: { tree }, configured, libraries }: ComparedSide,
  from: Loader,
  name: string,
): { readonly file: FileNode; readonly isConfigured: boolean } | undefined {
  const first = configured.find(tree, from, name)
  const file = first ?? libraries.find(tree, from, name)
  return file && { file, isConfigured: first !== undefined }
}

/** A file that told the linker where to look, and that is no more. */
function lostFile({ before, after }: Comparison): string | undefined {
  return before.linkerFiles.find(({ path }) => !after.image.tree.get(path))?.path
}

function isUpgraded({ upgraded }: Comparison, path: string): boolean {
  return [...upgraded.keys()].some(({ files }) => files.includes(path))
}

/** A version of symbols that is asked of a library and that it does not have any more. */
async function findLostVersion(
  { before, after, changed }: Comparison,
  { path, elf }: Loader,
  name: string,
  was: FileNode,
  is: FileNode,
): Promise<string | undefined> {
  if (was.path === is.path && !changed.has(is.path)) return undefined
  const wanted = elf.needs.find(({ library }) => library === name)?.versions ?? []
  const [old, now] = [await before.contents.read(was), await after.contents.read(is)]
  const provided = now.type === 'elf' ? now.elf.provides : []
  const hadIt = (version: string) =>
    changed.has(path) || old.type !== 'elf' || old.elf.provides.includes(version)
  return wanted.find((version) => !provided.includes(version) && hadIt(version))
}
