import type { Image } from '@sallyport/image'
import { entryCommands } from './entry-commands.ts'
import { findCommand } from './find-command.ts'
import { findSupervisors, searchPathOf } from './find-roots.ts'
import { isSupervisor } from './supervisors/expand-supervisor.ts'
import type { UsageGraph } from './usage-graph.ts'

/** Programs that start what their own configuration names, or change the system: nothing can be told of their use. */
const starters =
  /(?:^|\/)(?:systemd|init|runit|runsvdir|s6-svscan|supervisord|monit|crond?|anacron|x?inetd|apt|apt-get|dpkg|aptitude|rpm|dnf|dnf5|microdnf|tdnf|yum|zypper)$/
const packageManager = /(?:^|\/)(?:apt|apt-get|dpkg|aptitude|rpm|dnf|dnf5|microdnf|tdnf|yum|zypper)$/
const shell = /(?:^|\/)(?:sh|bash|dash|ash|ksh|zsh)$/

/**
 * Why what an image uses can't be told from outside; `undefined` when it can. Everything in it may then be used.
 * A shell that waits for input is no reason when `extra` commands say what the image is for.
 */
export function findUnknowable(
  image: Pick<Image, 'config' | 'tree'>,
  graph: UsageGraph,
  extra: readonly (readonly string[])[] = [],
): string | undefined {
  const { config, tree } = image
  const searchPath = searchPathOf(image)
  const words = [...(config.config?.Entrypoint ?? []), ...(config.config?.Cmd ?? [])]
  const program = words.find((word) => {
    const found = findCommand(tree, searchPath, word)
    const end = (found && tree.resolve(found.path)?.path) ?? ''
    // Those whose configuration was read are known.
    if (isSupervisor(word) || isSupervisor(end)) return false
    return starters.test(word) || starters.test(end)
  })
  const started = program ?? findStarted(image, graph, extra)
  if (started) return `${started} starts what can't be known from outside`
  const [first = '', ...rest] = words
  const [main] = entryCommands(config)
  const isInteractive = shell.test(first) && !main?.shellText && rest.every((word) => word.startsWith('-'))
  return isInteractive && extra.length === 0
    ? `${first} waits for commands that can't be known from outside`
    : undefined
}

/** A supervisor that the scripts of the entry point start, wherever it lies; those that commands name were expanded. */
function findStarted(
  { config, tree }: Pick<Image, 'config' | 'tree'>,
  graph: UsageGraph,
  extra: readonly (readonly string[])[],
): string | undefined {
  const searchPath = searchPathOf({ config })
  const endOf = (name: string) => tree.resolve(findCommand(tree, searchPath, name)?.path ?? name)?.path
  const expanded = new Set(
    entryCommands(config, extra).flatMap(({ words }) =>
      findSupervisors(tree, searchPath, words).map(([name = '']) => endOf(name)),
    ),
  )
  const steps = new Set(['entry', 'shebang', 'shell-word', 'path-string', 'sourced', 'symlink'])
  for (const path of graph.reached()) {
    if (!starters.test(path) || packageManager.test(path) || expanded.has(endOf(path))) continue
    const chain = graph.chainTo(path)
    if (chain[0]?.kind === 'entry' && chain.every(({ kind }) => steps.has(kind))) return path
  }
  return undefined
}
