import { closeSync, constants, lstatSync, openSync, readlinkSync } from 'node:fs'

const maxLinks = 40
const directoryFlags =
  constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/**
 * Finds what a path leads to inside of a root, links followed as a process in it follows them: absolute ones from the root,
 * `..` never above it. Each directory is held open on the way, so that nothing that is put there meanwhile leads out.
 *
 * @param use Is given a way to the file that holds as long as it runs, and the path without links.
 * @throws the error of the system.
 */
export async function openInside<T>(
  root: string,
  path: string,
  use: (access: string, resolved: string) => Promise<T>,
): Promise<T> {
  const open: { readonly file: number; readonly name: string }[] = []
  const closeTo = (length: number) => {
    while (open.length > length) closeSync(open.pop()!.file)
  }
  try {
    const top = openSync(root, directoryFlags & ~constants.O_NOFOLLOW)
    open.push({ file: top, name: '' })
    const parts = path.split('/').toReversed()
    let links = 0
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      if (part === '' || part === '.') continue
      if (part === '..') {
        closeTo(Math.max(1, open.length - 1))
        continue
      }
      const access = `/proc/self/fd/${open.at(-1)!.file}/${part}`
      const stats = lstatSync(access)
      if (stats.isSymbolicLink()) {
        if (++links > maxLinks) throw Object.assign(new Error('too many links'), { code: 'ELOOP' })
        const target = readlinkSync(access)
        if (target.startsWith('/')) closeTo(1)
        parts.push(...target.split('/').toReversed())
        continue
      }
      const resolved = [...open.map(({ name }) => name), part].join('/')
      if (!stats.isDirectory()) {
        if (parts.some((rest) => rest !== '' && rest !== '.'))
          throw Object.assign(new Error('not a directory'), { code: 'ENOTDIR' })
        return await use(access, resolved)
      }
      open.push({ file: openSync(access, directoryFlags), name: part })
    }
    const resolved = open.map(({ name }) => name).join('/') || '/'
    return await use(`/proc/self/fd/${open.at(-1)!.file}/.`, resolved)
  } finally {
    closeTo(0)
  }
}
