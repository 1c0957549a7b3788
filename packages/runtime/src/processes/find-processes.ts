import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { RuntimeError } from '../errors.ts'
import { attempt, directoryOf } from './process-directory.ts'

interface Place {
  readonly mount: string | undefined
  readonly pid: string | undefined
  readonly root: string | undefined
  /** Paths by hierarchy; version 2 is `''`. */
  readonly controlGroups: ReadonlyMap<string, string>
}

/**
 * Finds the processes of the container that `pid` is in: those with its root directory, its mount or process namespace, or
 * in its control group or one below, and all that descend of them. What the caller's own process shares with it tells
 * nothing, and is left out.
 *
 * @param procDirectory Where a `proc` file system is mounted that shows them.
 * @throws {RuntimeError} `CONTAINER_UNAVAILABLE` when the process is not there or may not be looked at.
 */
export function findProcesses(procDirectory: string, pid: number): readonly number[] {
  const own = readPlace('/proc/self')
  const wanted = readPlace(directoryOf(procDirectory, pid))
  if (wanted.root === undefined) {
    const subject = `process ${pid}`
    throw new RuntimeError('CONTAINER_UNAVAILABLE', `${subject} is not there, or may not be looked at`, {
      subject,
    })
  }
  const tells = (property: 'mount' | 'pid' | 'root') =>
    wanted[property] === own[property] ? undefined : wanted[property]
  const [mount, namespace, root] = [tells('mount'), tells('pid'), tells('root')]
  const group = findGroup(wanted, own)
  const isInside = ({ controlGroups }: Place): boolean => {
    const path = group && controlGroups.get(group.hierarchy)
    return path !== undefined && (path === group!.path || path.startsWith(`${group!.path}/`))
  }
  const shares = (place: Place): boolean =>
    (mount !== undefined && place.mount === mount) ||
    (namespace !== undefined && place.pid === namespace) ||
    (root !== undefined && place.root === root) ||
    isInside(place)

  const known = new Map<number, boolean>([[pid, true]])
  const belongs = (candidate: number): boolean => {
    const before = known.get(candidate)
    if (before !== undefined) return before
    // Numbers that are used again could lead in a circle.
    known.set(candidate, false)
    const parent = readParent(`${procDirectory}/${candidate}`)
    const found =
      shares(readPlace(directoryOf(procDirectory, candidate))) ||
      // Whoever leaves all of it behind is still the child of one that did not.
      (parent !== undefined && parent > 0 && belongs(parent))
    known.set(candidate, found)
    return found
  }
  return readdirSync(procDirectory)
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter(belongs)
    .sort((one, other) => one - other)
}

/** The control group that says most: of several hierarchies only some may be the container's own. */
function findGroup(
  { controlGroups }: Place,
  own: Place,
): { readonly hierarchy: string; readonly path: string } | undefined {
  const [longest] = [...controlGroups]
    .filter(([hierarchy, path]) => path !== '/' && own.controlGroups.get(hierarchy) !== path)
    .sort(([, one], [, other]) => other.length - one.length)
  return longest && { hierarchy: longest[0], path: longest[1] }
}

/** What can be read of where a process is. */
function readPlace(directory: string): Place {
  return {
    mount: attempt(() => readlinkSync(`${directory}/ns/mnt`)),
    pid: attempt(() => readlinkSync(`${directory}/ns/pid`)),
    root: attempt(() => {
      const { dev, ino } = statSync(`${directory}/root`, { bigint: true })
      return `${dev}:${ino}`
    }),
    controlGroups: parseGroups(attempt(() => readFileSync(`${directory}/cgroup`, 'utf8')) ?? ''),
  }
}

/** `/proc/PID/cgroup`: `ID:CONTROLLERS:PATH` (cgroups(7)). */
const parseGroups = (text: string): ReadonlyMap<string, string> =>
  new Map(
    [...text.matchAll(/^\d+:([^:]*):(.*)$/gm)].map(([, hierarchy = '', path = '']) => [hierarchy, path]),
  )

/** The name before it, in parentheses, may hold anything. */
function readParent(directory: string): number | undefined {
  const text = attempt(() => readFileSync(`${directory}/stat`, 'utf8'))
  const parent = text && /^ \S (\d+) /.exec(text.slice(text.lastIndexOf(')') + 1))?.[1]
  return parent ? Number(parent) : undefined
}
