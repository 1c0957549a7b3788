import { constants } from 'node:fs'
import { chmod, lchown, link, mkdir, open, symlink } from 'node:fs/promises'
import { encodeName, type FileNode, type Image } from '@sallyport/image'
import { HardenError } from '../errors.ts'

/** Options of {@link unpackImage}. */
export interface UnpackImageOptions {
  /** Most bytes to write. Default 16 GiB. */
  readonly maxBytes?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Writes the merged files of an image into an empty folder that nobody else can write to, with owners and modes; as root.
 * Nothing outside of the folder is touched: each path is written under its parents, which are folders made here, and a
 * link is made last of all at its path. Devices, pipes and extended attributes are left out.
 *
 * @throws {HardenError} `LIMIT_EXCEEDED`.
 */
export async function unpackImage(
  image: Image,
  folder: string,
  { maxBytes = 16 * 1024 ** 3, signal }: UnpackImageOptions = {},
): Promise<void> {
  const at = (path: string) => Buffer.concat([Buffer.from(folder), encodeName(path)])
  const folders: FileNode[] = []
  const links: FileNode[] = []
  let bytes = 0
  for (const node of image.tree.entries()) {
    signal?.throwIfAborted()
    const { path, type, uid, gid, mode } = node
    if (type === 'directory') {
      if (path !== '/') await mkdir(at(path), { mode: 0o700 })
      folders.push(node)
    } else if (node.hardlinkTo !== undefined) {
      links.push(node)
    } else if (type === 'symlink') {
      await symlink(Buffer.from(encodeName(node.linkTarget ?? '')), at(path))
      await lchown(at(path), uid, gid)
    } else if (type === 'file') {
      bytes += node.size
      if (bytes > maxBytes)
        throw new HardenError('LIMIT_EXCEEDED', `the image has more than ${maxBytes} bytes of files`)
      await using file = await open(
        at(path),
        constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
        0o600,
      )
      for await (const chunk of image.openFile(node, { signal })) await file.writeFile(chunk)
      await file.chown(uid, gid)
      await file.chmod(mode)
    }
  }
  for (const { path, hardlinkTo, type } of links) if (type === 'file') await link(at(hardlinkTo!), at(path))
  // The deepest first: a folder may be closed even to who writes into it.
  for (const { path, uid, gid, mode } of folders.toReversed()) {
    await lchown(at(path), uid, gid)
    await chmod(at(path), mode)
  }
}
