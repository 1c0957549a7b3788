/** A file that a process has mapped with the right to execute. */
export interface MappedFile {
  /** `START-END` as it names the entry in `map_files`. */
  readonly range: string
  readonly path: string
  readonly isDeleted: boolean
  readonly isMemory: boolean
}

/** Reads `/proc/PID/maps` (proc(5)): what may be executed of files, each path once. */
export function parseMaps(text: string): readonly MappedFile[] {
  const found = new Map<string, MappedFile>()
  for (const line of text.split('\n')) {
    const match = /^([0-9a-f]+)-([0-9a-f]+) ([r-][w-]x[ps-]) \S+ (\S+) (\d+)\s+(\/.*)$/.exec(line)
    if (!match || match[5] === '0') continue
    const [, start = '', end = '', , device = '', inode = '', name = ''] = match
    const deleted = name.endsWith(' (deleted)')
    const path = unescape(deleted ? name.slice(0, -' (deleted)'.length) : name)
    const key = `${device} ${inode} ${path}`
    if (found.has(key)) continue
    const isMemory = deleted && path.startsWith('/memfd:')
    // A shared map of nothing has a name like a file that is gone, but lies on the kernel's own file system.
    if (deleted && device === kernelMemory && /^\/(dev\/zero|SYSV[0-9a-f]{8})$/.test(path)) continue
    found.set(key, { range: `${trim(start)}-${trim(end)}`, path, isDeleted: deleted, isMemory })
  }
  return [...found.values()]
}

/** Device of the tmpfs that is nowhere mounted (`shm_mnt`). */
const kernelMemory = '00:01'
// `map_files` writes them without leading zeros, `maps` with up to eight digits.
const trim = (address: string): string => address.replace(/^0+(?=.)/, '')
const unescape = (text: string): string => text.replaceAll('\\012', '\n')
