import type { FileNode, Image } from '@sallyport/image'
import type { PlannedEdit } from '../apply/plan-edit.ts'
import type { OpenedSystems } from '../systems/open-systems.ts'
import type { HardenPlan } from '../plan/plan-hardening.ts'
import { withoutPaths } from '../tree-view.ts'
import type { UsageAnalysis } from '../usage/analyze-usage.ts'
import { findCommand } from '../usage/find-edges.ts'
import { isLibrary } from '../elf/library-search.ts'
import { entryCommands } from '../usage/entry-commands.ts'
import { searchPathOf } from '../usage/find-roots.ts'
import type { CheckedInvariant, Violation } from './invariant.ts'

/**
 * Checks on the plan, before anything is written, what must hold of the image after it. Each violation names the path
 * that has to stay; the plan is made again with it.
 */
export async function checkPlan(
  image: Pick<Image, 'tree' | 'config' | 'readFile'>,
  analysis: UsageAnalysis,
  plan: HardenPlan,
  edit: PlannedEdit,
  systems: OpenedSystems,
  commands: readonly (readonly string[])[] | undefined,
): Promise<readonly CheckedInvariant[]> {
  const { tree } = image
  const after = withoutPaths(tree, edit.remove)
  return [
    { id: 'I1', violations: findDanglingLinks() },
    ...(await checkPrograms()),
    { id: 'I3-commands', violations: checkCommands() },
    { id: 'I5', violations: checkDependencies(plan, systems) },
    { id: 'I6', violations: await checkDatabase() },
  ]

  /** I1: a link that led somewhere still does. */
  function findDanglingLinks(): readonly Violation[] {
    const violations: Violation[] = []
    for (const { path, type } of tree.entries()) {
      if (type !== 'symlink' || edit.remove.has(path)) continue
      const target = tree.resolve(path)
      if (!target || after.resolve(path)) continue
      violations.push({ message: `${path} would lead nowhere`, path: keepableOf(target) })
    }
    return violations
  }

  /** What has to stay so that a target does: for a folder, one of the files that leave it. */
  function keepableOf({ path, type }: FileNode): string | undefined {
    if (type !== 'directory') return path
    for (const removed of edit.remove) {
      if (removed.startsWith(`${path}/`) && tree.get(removed)?.type !== 'directory') return removed
    }
    return undefined
  }

  /** I2: libraries and interpreters of programs; I3: interpreters of scripts; I4: a shell for who starts one. */
  async function checkPrograms(): Promise<readonly CheckedInvariant[]> {
    const libraries: Violation[] = []
    const interpreters: Violation[] = []
    const shells: Violation[] = []
    const searchPath = searchPathOf(image)
    for (const node of tree.entries()) {
      if (node.type !== 'file' || edit.remove.has(node.path)) continue
      const isProgram = (node.mode & 0o111) !== 0 || isLibrary(node.path)
      if (!isProgram) continue
      const content = await analysis.contents.read(node)
      if (content.type === 'elf') {
        const { elf } = content
        for (const name of elf.needed) {
          const was = analysis.libraries.find(tree, { path: node.path, elf }, name)
          if (was && analysis.libraries.find(after, { path: node.path, elf }, name)?.path !== was.path) {
            libraries.push({ message: `${node.path} needs ${name}`, path: was.path })
          }
        }
        const interpreter = elf.interpreter && tree.resolve(elf.interpreter)
        if (interpreter && !after.resolve(elf.interpreter!)) {
          libraries.push({ message: `${node.path} is loaded by ${elf.interpreter}`, path: interpreter.path })
        }
        const shell = tree.resolve('/bin/sh')
        if (
          elf.startsShell &&
          shell &&
          analysis.graph.usageOf(node.path) !== 'present' &&
          !after.resolve('/bin/sh')
        ) {
          shells.push({ message: `${node.path} starts a shell`, path: shell.path })
        }
      } else if (
        content.type === 'script' &&
        (node.mode & 0o111) !== 0 &&
        analysis.graph.usageOf(node.path) !== 'present'
      ) {
        for (const word of content.interpreter) {
          const was = findCommand(tree, searchPath, word)
          const end = was && tree.resolve(was.path)
          if (end && (!findCommand(after, searchPath, word) || !after.resolve(was.path)))
            interpreters.push({ message: `${node.path} is run by ${word}`, path: end.path })
        }
      }
    }
    return [
      { id: 'I2', violations: libraries },
      { id: 'I3', violations: interpreters },
      { id: 'I4', violations: shells },
    ]
  }

  /** I3, commands: entry point, health check and declared commands resolve. */
  function checkCommands(): readonly Violation[] {
    const searchPath = searchPathOf(image)
    return entryCommands(image.config, commands).flatMap(({ words }) => {
      const folder = image.config.config?.WorkingDir || '/'
      const was =
        findCommand(tree, searchPath, words[0]!) ?? findCommand(tree, searchPath, `${folder}/${words[0]}`)
      const end = was && tree.resolve(was.path)
      const still =
        findCommand(after, searchPath, words[0]!) ?? findCommand(after, searchPath, `${folder}/${words[0]}`)
      return end && still?.path !== was.path
        ? [{ message: `${words[0]} is a command of the image`, path: end.path }]
        : []
    })
  }

  /** I6: what a kept package owns is there; what a removed one owned is not, unless a kept one owns it too. */
  async function checkDatabase(): Promise<readonly Violation[]> {
    const violations: Violation[] = []
    for (const { package: found } of plan.kept) {
      const listed = await systems.listedPaths(found)
      for (const path of new Set([...found.files, ...systems.recordPaths(found), ...listed])) {
        if (tree.get(path) && !after.get(path))
          violations.push({ message: `${found.name} lists ${path}`, path })
      }
    }
    const keptFiles = new Set(plan.kept.flatMap(({ package: found }) => found.files))
    for (const found of plan.removed) {
      for (const path of found.files) {
        if (after.get(path) && !keptFiles.has(path))
          violations.push({ message: `${path} of ${found.name} would stay` })
      }
    }
    return violations
  }
}

/** I5: dependencies of kept packages that were satisfied still are, or are listed as open, which `closed` mode never does. */
function checkDependencies(
  { mode, kept, openDependencies }: HardenPlan,
  systems: OpenedSystems,
): readonly Violation[] {
  const listed = mode === 'relaxed' ? new Set(openDependencies.map(({ purl }) => purl)) : new Set()
  const staying = new Set(kept.map(({ package: found }) => found))
  const violations: Violation[] = []
  for (const found of staying) {
    for (const { satisfiedBy } of systems.requirementsOf(found)) {
      const [first] = satisfiedBy
      if (!first || listed.has(found.purl) || satisfiedBy.some((one) => staying.has(one))) continue
      violations.push({ message: `${found.name} depends on ${first.name}`, path: first.files[0] })
    }
  }
  return violations
}
