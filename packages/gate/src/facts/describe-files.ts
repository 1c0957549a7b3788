import { capabilityAttribute, type FileTree, parseFileCapabilities } from '@sallyport/image'
import type { FileFacts } from '@sallyport/policy'

const setuidOrSetgid = 0o6000
const executable = 0o111
const writableByAll = 0o002
const shellNames = new Set([
  'ash',
  'bash',
  'busybox',
  'csh',
  'dash',
  'fish',
  'ksh',
  'mksh',
  'sh',
  'tcsh',
  'yash',
  'zsh',
])

/**
 * Capabilities that programs of users commonly have, and by which nobody becomes root or passes by the permissions of files.
 * Whatever else a program is given counts as setuid, also what is not known.
 */
const lesserCapabilities: ReadonlySet<string> = new Set([
  'cap_audit_write',
  'cap_block_suspend',
  'cap_ipc_lock',
  'cap_lease',
  'cap_net_bind_service',
  'cap_net_broadcast',
  'cap_net_raw',
  'cap_sys_nice',
  'cap_wake_alarm',
])

/** What rules may ask of an image's files: found by walking its merged view once. */
export function describeFiles(tree: FileTree): FileFacts {
  const setuid: string[] = []
  const capabilities: Record<string, readonly string[]> = {}
  const shells: string[] = []
  const worldWritable: string[] = []
  for (const { path, type, mode, xattrs } of tree.entries()) {
    if (isShell(path)) {
      // A link is as good as the program that it leads to.
      const program = type === 'symlink' ? tree.resolve(path) : type === 'file' ? { type, mode } : undefined
      if (program?.type === 'file' && (program.mode & executable) !== 0) shells.push(path)
    }
    if (type !== 'file') continue
    const given = listCapabilities(xattrs)
    if (given.length > 0) capabilities[path] = given
    if ((mode & setuidOrSetgid) !== 0 || given.some((name) => !lesserCapabilities.has(name)))
      setuid.push(path)
    if ((mode & writableByAll) !== 0) worldWritable.push(path)
  }
  return { setuid, capabilities, shells, worldWritable }
}

function listCapabilities(xattrs: ReadonlyMap<string, Uint8Array>): readonly string[] {
  const value = xattrs.get(capabilityAttribute)
  if (value === undefined) return []
  const found = parseFileCapabilities(value)
  return found ? [...new Set([...found.permitted, ...found.inheritable])].sort() : ['unknown']
}

const isShell = (path: string) => shellNames.has(path.slice(path.lastIndexOf('/') + 1))
