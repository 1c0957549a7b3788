/** Why a difference is expected. Each is counted. */
export type ExpectedReason =
  /** Container engines write it: names and addresses of the container. */
  | 'engine-file'
  /** `/proc`, `/sys`, `/dev` and the like. */
  | 'pseudo-file-system'
  /** A volume or other mount: data on it is not the image's. */
  | 'mounted-data'
  /** What the caller said is written to. */
  | 'declared-writable'
  | 'temporary-data'
  | 'runtime-data'
  | 'log'
  | 'cache'
  | 'application-state'
  | 'bytecode-cache'
  | 'time-zone'
  | 'machine-id'
  /** A mount lies over it, so the image's own file can't be seen. */
  | 'mounted-over'
  /** A directory that only holds what is told itself. */
  | 'parent-directory'

const engineFiles = new Set([
  '/etc/hosts',
  '/etc/hostname',
  '/etc/resolv.conf',
  '/etc/mtab',
  '/.dockerenv',
  '/run/.containerenv',
])

const places: readonly (readonly [string, ExpectedReason])[] = [
  ['/tmp', 'temporary-data'],
  ['/var/tmp', 'temporary-data'],
  ['/run', 'runtime-data'],
  ['/var/run', 'runtime-data'],
  ['/var/lock', 'runtime-data'],
  ['/var/log', 'log'],
  ['/var/cache', 'cache'],
  ['/var/spool', 'application-state'],
  ['/dev', 'pseudo-file-system'],
  ['/proc', 'pseudo-file-system'],
  ['/sys', 'pseudo-file-system'],
]

/**
 * Why data at a path is expected to differ; `undefined` when it is not. Only of what can't be executed and is not
 * sensitive: that is asked first.
 *
 * @param writable Paths that the caller declares, each with everything below it.
 */
export function expectedAt(path: string, writable: readonly string[]): ExpectedReason | undefined {
  if (isEngineFile(path)) return 'engine-file'
  if (path === '/etc/localtime' || path === '/etc/timezone') return 'time-zone'
  if (path === '/etc/machine-id' || path === '/var/lib/dbus/machine-id') return 'machine-id'
  if (writable.some((place) => isWithin(path, place))) return 'declared-writable'
  const found = places.find(([place]) => isWithin(path, place))
  if (found) return found[1]
  // What an application keeps; `/var/lib` itself belongs to the image.
  if (/^\/var\/lib\/[^/]+(\/|$)/.test(path)) return 'application-state'
  if (/\/__pycache__(\/[^/]+\.pyc(\.\d+)?)?$/.test(path)) return 'bytecode-cache'
  return undefined
}

/** Whether container engines write this file in every container. */
export const isEngineFile = (path: string): boolean => engineFiles.has(path)

/** Whether a path is a place or lies below it. */
export const isWithin = (path: string, place: string): boolean =>
  place === '/' || path === place || path.startsWith(`${place}/`)
