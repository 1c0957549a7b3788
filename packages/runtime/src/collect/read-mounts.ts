import { readFileSync } from 'node:fs'
import { decodeName } from '@sallyport/image'
import { RuntimeError } from '../errors.ts'

/** A mount that a process sees. */
export interface Mount {
  /** Where, as the process sees it. */
  readonly path: string
  /** E.g. `overlay`, `tmpfs`. */
  readonly type: string
  /** Options of the file system, e.g. `upperdir`; a flag has the value `''`. */
  readonly options: ReadonlyMap<string, string>
}

const pseudo = new Set([
  'proc',
  'sysfs',
  'cgroup',
  'cgroup2',
  'devpts',
  'mqueue',
  'securityfs',
  'debugfs',
  'tracefs',
  'bpf',
  'pstore',
  'efivarfs',
  'configfs',
  'fusectl',
  'hugetlbfs',
  'nsfs',
  'binfmt_misc',
  'selinuxfs',
  'autofs',
  // Says of `/proc` and `/sys` what is true of a container.
  'fuse.lxcfs',
])

/** Whether the files of a mount are made up by the kernel. Those of `/dev` are not: it is a place to hide programs. */
export const isPseudo = ({ type }: Pick<Mount, 'type'>): boolean => pseudo.has(type)

/** Whether a program of its own answers for the files of a mount: it may never answer. */
export const isForeign = ({ type }: Pick<Mount, 'type'>): boolean =>
  /^fuse(\.|blk$|$)/.test(type) && !pseudo.has(type)

/** Whether a server answers for the files of a mount: it may have stopped to. */
export const isRemote = ({ type }: Pick<Mount, 'type'>): boolean =>
  /^(nfs4?|cifs|smb3|ceph|9p|afs|lustre|glusterfs|orangefs|gpfs|beegfs)$/.test(type)

/**
 * Reads `/proc/PID/mountinfo` (proc(5)); the topmost mount of each place counts, but of the root the first: what is mounted
 * over it later hides it from nobody.
 *
 * @throws {RuntimeError} `CONTAINER_UNAVAILABLE` when the process is not there or may not be looked at.
 */
export function readMounts(processDirectory: string): readonly Mount[] {
  try {
    return parseMounts(decodeName(readFileSync(`${processDirectory}/mountinfo`)))
  } catch (cause) {
    const subject = processDirectory
    throw new RuntimeError('CONTAINER_UNAVAILABLE', `the mounts of ${subject} can not be read`, {
      cause,
      subject,
    })
  }
}

/** Parses the text of `mountinfo`. Mounts that the process can't reach are left out. */
export function parseMounts(text: string): readonly Mount[] {
  const mounts = new Map<string, Mount>()
  for (const line of text.split('\n')) {
    const [before = '', after = ''] = line.split(' - ')
    const path = unescape(before.split(' ')[4] ?? '')
    const [type, , options = ''] = after.split(' ')
    if (!path.startsWith('/') || !type || (path === '/' && mounts.has(path))) continue
    mounts.set(path, { path, type, options: parseOptions(unescape(options)) })
  }
  return [...mounts.values()]
}

function parseOptions(text: string): ReadonlyMap<string, string> {
  const options = new Map<string, string>()
  // A comma or colon of a path is written with a backslash.
  for (const option of text.split(/(?<!\\),/)) {
    const equals = option.indexOf('=')
    if (equals < 0) options.set(option, '')
    else options.set(option.slice(0, equals), option.slice(equals + 1).replaceAll(/\\([,:\\])/g, '$1'))
  }
  return options
}

const unescape = (text: string): string =>
  text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
