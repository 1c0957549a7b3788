import type { FileTree } from '@sallyport/image'
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

/** What rules may ask of an image's files: found by walking its merged view once. */
export function describeFiles(tree: FileTree): FileFacts {
  const setuid: string[] = []
  const shells: string[] = []
  const worldWritable: string[] = []
  for (const { path, type, mode } of tree.entries()) {
    if (isShell(path)) {
      // A link is as good as the program that it leads to.
      const program = type === 'symlink' ? tree.resolve(path) : type === 'file' ? { type, mode } : undefined
      if (program?.type === 'file' && (program.mode & executable) !== 0) shells.push(path)
    }
    if (type !== 'file') continue
    if ((mode & setuidOrSetgid) !== 0) setuid.push(path)
    if ((mode & writableByAll) !== 0) worldWritable.push(path)
  }
  return { setuid, shells, worldWritable }
}

const isShell = (path: string) => shellNames.has(path.slice(path.lastIndexOf('/') + 1))
