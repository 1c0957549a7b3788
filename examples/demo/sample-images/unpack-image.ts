import { createWriteStream } from 'node:fs'
import { link, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Image } from '@sallyport/image'

/**
 * Writes the merged file system of an image into a folder that it empties first. Owners, devices and extended
 * attributes are left out: nobody needs to be root.
 */
export async function unpackImage(image: Image, directory: string, signal?: AbortSignal): Promise<void> {
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true })
  const written = new Map<string, string>()
  const links: { path: string; target: string }[] = []
  for (const node of image.tree.entries()) {
    signal?.throwIfAborted()
    // The tree has canonical paths only: no component of one is a symbolic link, and links are made last.
    const path = join(directory, node.path)
    switch (node.type) {
      case 'directory':
        await mkdir(path, { recursive: true, mode: 0o755 })
        break
      case 'symlink':
        links.push({ path, target: node.linkTarget ?? '' })
        break
      case 'file': {
        const original = node.hardlinkTo === undefined ? undefined : written.get(node.hardlinkTo)
        if (original !== undefined) await link(original, path)
        else if (node.size === 0) await writeFile(path, '', { mode: node.mode & 0o777 })
        else {
          await pipeline(
            image.openFile(node, { signal }),
            createWriteStream(path, { mode: node.mode & 0o777 }),
          )
        }
        written.set(node.path, path)
        break
      }
      default:
        break
    }
  }
  for (const { path, target } of links) await symlink(target, path)
}
