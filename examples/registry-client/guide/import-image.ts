import { type CopyReport, copy, openArchive, type Repository } from '@sallyport/oci'

/** Brings an image with its evidence from a tar into a registry. */
export async function importImage(path: string, target: Repository, tag: string): Promise<CopyReport> {
  await using archive = await openArchive(path)
  // `await`: the archive must stay open until the copy is done.
  return await copy(archive, target, { from: tag, tag, expected: 'absent' })
}
