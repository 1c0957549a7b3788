import type { Image } from '@sallyport/image'
import type { Inventory } from '@sallyport/inventory'
import type { UsageAnalysis } from '../usage/analyze-usage.ts'
import { findCommand } from '../usage/find-edges.ts'
import { searchPathOf } from '../usage/find-roots.ts'

/** Programs that start what their own configuration names, or change the system: nothing can be told of their use. */
const refused =
  /(?:^|\/)(?:systemd|init|runit|runsvdir|s6-svscan|supervisord|monit|crond?|anacron|x?inetd|apt|apt-get|dpkg|aptitude)$/
const packageManager = /(?:^|\/)(?:apt|apt-get|dpkg|aptitude)$/

/** Why an image can't be hardened without guessing; `undefined` when it can. */
export function findRefusal(
  image: Pick<Image, 'config' | 'tree'>,
  inventory: Inventory,
  analysis?: Pick<UsageAnalysis, 'graph'>,
): string | undefined {
  if (!inventory.packages.some(({ type, dpkg }) => type === 'deb' && dpkg))
    return 'the image has no dpkg packages'
  const { config, tree } = image
  const searchPath = searchPathOf(image)
  const words = [...(config.config?.Entrypoint ?? []), ...(config.config?.Cmd ?? [])]
  const program = words.find((word) => {
    const found = findCommand(tree, searchPath, word)
    return refused.test(word) || (found && refused.test(tree.resolve(found.path)?.path ?? ''))
  })
  const started = program ?? (analysis && findStarted(image, analysis))
  if (started) return `${started} starts what can't be known from outside`
  const unreadable = inventory.gaps.find(({ code }) => code === 'UNREADABLE')
  if (unreadable) return `the package database can't be trusted: ${unreadable.message}`
  return undefined
}

/** A supervisor that the scripts of the entry point start. */
function findStarted(
  image: Pick<Image, 'config' | 'tree'>,
  { graph }: Pick<UsageAnalysis, 'graph'>,
): string | undefined {
  const steps = new Set(['entry', 'shebang', 'shell-word', 'sourced', 'symlink'])
  for (const folder of searchPathOf(image)) {
    for (const { path } of image.tree.children(image.tree.resolve(folder)?.path ?? folder)) {
      if (!refused.test(path) || packageManager.test(path) || graph.usageOf(path) === 'present') continue
      const chain = graph.chainTo(path)
      if (chain[0]?.kind === 'entry' && chain.every(({ kind }) => steps.has(kind))) return path
    }
  }
  return undefined
}
