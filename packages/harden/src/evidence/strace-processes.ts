import { normalizePath } from './container-path.ts'

/** What names of a process are relative to, as far as the recording tells. */
export interface TracedProcess {
  /** Current folder, absolute and below `root`; shared between threads. `undefined`: not known. */
  readonly place: { folder: string | undefined; root: string }
  /** Paths behind its open descriptors. */
  readonly files: Map<number, string>
  /** Name of its program, without folders. */
  program: string | undefined
  /** Path of its program as it was started, where it is known. */
  executable: string | undefined
  /** The process that made it, where that is known. */
  parent: number | undefined
}

/** The processes of a recording. */
export interface TracedProcesses {
  get(pid: number | undefined): TracedProcess
  /** A call that makes a process has begun; the child may be seen before it returns. */
  startFork(pid: number | undefined, sharesFolder: boolean): void
  endFork(pid: number | undefined, child: number | undefined, sharesFolder: boolean): void
}

const maxProcesses = 200_000

/** Follows what processes inherit from each other. `folder`: where the first one started. */
export function createTracedProcesses(folder: string | undefined): TracedProcesses {
  const known = new Map<number, TracedProcess>()
  const forking = new Map<number, boolean>()
  let isFirst = true

  const copy = (
    { place, files, program, executable }: TracedProcess,
    sharesFolder: boolean,
    parent: number | undefined,
  ): TracedProcess => ({
    place: sharesFolder ? place : { ...place },
    files: new Map(files),
    program,
    executable,
    parent,
  })
  const blank = (place: TracedProcess['place']): TracedProcess => ({
    place,
    files: new Map(),
    program: undefined,
    executable: undefined,
    parent: undefined,
  })
  const create = (): TracedProcess => {
    if (isFirst) {
      isFirst = false
      return blank({ folder, root: '' })
    }
    // One that makes a process right now is its parent; of several, nobody knows which.
    const [parent, ...others] = forking
    const found = parent && others.length === 0 ? known.get(parent[0]) : undefined
    if (found) return copy(found, parent![1], parent![0])
    return blank({ folder: undefined, root: commonRoot(known) })
  }
  const get = (pid = 0): TracedProcess => {
    let found = known.get(pid)
    if (!found) {
      found = create()
      if (known.size >= maxProcesses) known.delete(known.keys().next().value!)
      known.set(pid, found)
    }
    return found
  }
  return {
    get,
    startFork: (pid = 0, sharesFolder) => void forking.set(pid, sharesFolder),
    endFork(pid = 0, child, sharesFolder) {
      forking.delete(pid)
      if (child === undefined || child <= 0) return
      const seen = known.get(child)
      if (seen) seen.parent ??= pid
      else known.set(child, copy(get(pid), sharesFolder, pid))
    },
  }
}

/** The root that all known processes have; a new one of unknown descent has it too. */
function commonRoot(known: ReadonlyMap<number, TracedProcess>): string {
  const roots = new Set([...known.values()].map(({ place }) => place.root))
  return roots.size === 1 ? [...roots][0]! : ''
}

/** A name as an absolute path of the traced machine; `undefined` when `folder`, which it is relative to, is not known. */
export function absolutePath(
  { place: { root } }: TracedProcess,
  name: string,
  folder: string | undefined,
): string | undefined {
  if (name.startsWith('/')) return normalizePath(`${root}${normalizePath(name)}`)
  return folder === undefined ? undefined : normalizePath(name === '' ? folder : `${folder}/${name}`)
}
