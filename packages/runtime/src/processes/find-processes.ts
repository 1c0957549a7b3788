import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { RuntimeError } from '../errors.ts'

interface Place {
  readonly mount: string | undefined
  readonly pid: string | undefined
  readonly root: string | undefined
  readonly controlGroup: string | undefined
}

/**
 * Finds the processes of the container that `pid` is in: those with its root directory, its mount or process namespace, or
 * in its control group or one below. What the caller's own process shares with it tells nothing, and is left out.
 *
 * @param procDirectory Where a `proc` file system is mounted that shows them.
 * @throws {RuntimeError} `CONTAINER_UNAVAILABLE` when the process is not there or may not be looked at.
 */
export function findProcesses(procDirectory: string, pid: number): readonly number[] {
  const own = readPlace('/proc/self')
  const wanted = readPlace(`${procDirectory}/${pid}`)
  if (wanted.root === undefined) {
    const subject = `process ${pid}`
    throw new RuntimeError('CONTAINER_UNAVAILABLE', `${subject} is not there, or may not be looked at`, {
      subject,
    })
  }
  const tells = (property: keyof Place) => (wanted[property] === own[property] ? undefined : wanted[property])
  const [mount, namespace, root] = [tells('mount'), tells('pid'), tells('root')]
  const group = wanted.controlGroup === '/' ? undefined : tells('controlGroup')
  const belongs = (place: Place): boolean =>
    (mount !== undefined && place.mount === mount) ||
    (namespace !== undefined && place.pid === namespace) ||
    (root !== undefined && place.root === root) ||
    (group !== undefined && (place.controlGroup === group || !!place.controlGroup?.startsWith(`${group}/`)))
  return readdirSync(procDirectory)
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => candidate === pid || belongs(readPlace(`${procDirectory}/${candidate}`)))
    .sort((one, other) => one - other)
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
    controlGroup: attempt(() => /^0::(.*)$/m.exec(readFileSync(`${directory}/cgroup`, 'utf8'))?.[1]),
  }
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
