import type { Image } from '@sallyport/image'
import { readWorkloads, type WorkloadContainer } from './read-workloads.ts'

/** A command that a manifest runs in an image. */
export interface WorkloadCommand {
  /** Program and arguments. */
  readonly words: readonly string[]
  /** Where it stands, e.g. `Deployment web, container app, preStop`. */
  readonly source: string
}

/** Options of {@link findWorkloadCommands}. */
export interface FindWorkloadCommandsOptions {
  /**
   * Which containers run the image: those whose `image` is one of these references, or names the same repository without
   * a tag or digest being given, or those that a function tells.
   */
  readonly image: string | readonly string[] | ((reference: string, container: string) => boolean)
}

/**
 * The commands that a Kubernetes manifest runs in an image, for the `commands` of hardening: `command` and `args` in place
 * of the entry point, init containers, `exec` probes and hooks. Files that mounted volumes bring are no files of the image:
 * a command that is such a file can't be checked, and is for the caller to leave out.
 *
 * `$(NAME)` is replaced by the container's own `env`, as Kubernetes does.
 *
 * @throws {HardenError} `MANIFEST_INVALID`, `LIMIT_EXCEEDED`.
 */
export function findWorkloadCommands(
  manifest: string,
  { config: { config } }: Pick<Image, 'config'>,
  { image }: FindWorkloadCommandsOptions,
): readonly WorkloadCommand[] {
  const isOurs = typeof image === 'function' ? image : isOneOf(typeof image === 'string' ? [image] : image)
  const commands: WorkloadCommand[] = []
  for (const { name, containers } of readWorkloads(manifest)) {
    for (const container of containers) {
      if (container.image === undefined || !isOurs(container.image, container.name)) continue
      const add = (list: readonly string[] | null | undefined, what: string) => {
        if (!list?.length) return
        const source = `${name}, container ${container.name}, ${what}`
        const known = commands.some(({ words }) => JSON.stringify(words) === JSON.stringify(list))
        if (!known) commands.push({ words: list, source })
      }
      const main = mainCommand(container, config)
      if (main) add(main, 'command')
      // Probes and hooks are run as they are written: Kubernetes replaces nothing in them.
      for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'] as const)
        add(container[probe]?.exec?.command, probe)
      for (const hook of ['postStart', 'preStop'] as const)
        add(container.lifecycle?.[hook]?.exec?.command, hook)
    }
  }
  return commands
}

/** What the container starts, when that is not what the image says: `command` also puts its `Cmd` aside. */
function mainCommand(
  { command, args, env }: WorkloadContainer,
  config: Image['config']['config'],
): readonly string[] | undefined {
  if (!command?.length && !args?.length) return undefined
  const variables = new Map(
    (env ?? []).flatMap(({ name, value }) => (typeof value === 'string' ? [[name, value]] : [])),
  )
  const list = command?.length
    ? [...command, ...(args ?? [])]
    : [...(config?.Entrypoint ?? []), ...(args ?? [])]
  return list.map((word) => expand(word, variables))
}

/** `$(NAME)` becomes its value where it has one, `$$` a dollar. */
const expand = (word: string, variables: ReadonlyMap<string, string>) =>
  word.replaceAll(/\$\$|\$\(([^()$\s]{1,256})\)/g, (found, name: string | undefined) =>
    name === undefined ? '$' : (variables.get(name) ?? found),
  )

function isOneOf(references: readonly string[]): (reference: string) => boolean {
  const wanted = new Set(references)
  return (reference) => wanted.has(reference) || wanted.has(withoutVersion(reference))
}

/** A reference without its tag and digest. */
function withoutVersion(reference: string): string {
  const name = reference.split('@', 1)[0]!
  const colon = name.lastIndexOf(':')
  return colon > name.lastIndexOf('/') ? name.slice(0, colon) : name
}
