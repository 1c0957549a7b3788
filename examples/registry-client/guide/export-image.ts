import { copy, createArchive, openLayout, type Repository } from '@sallyport/oci'

/** Takes an image with its evidence out of a registry, into a tar or a folder. */
export async function exportImage(source: Repository, tag: string, path: string): Promise<void> {
  if (!path.endsWith('.tar')) {
    await copy(source, await openLayout(path, { create: true }), { from: tag, tag })
    return
  }
  await using archive = await createArchive(path)
  await copy(source, archive, { from: tag, tag })
  await archive.commit() // without it, no file is left
}
