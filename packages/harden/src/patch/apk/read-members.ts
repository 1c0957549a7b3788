import { ImageError, readTar, type TarEntry } from '@sallyport/image'
import { HardenError } from '../../errors.ts'

/** A file of a small archive in memory. */
export interface MemberFile {
  readonly entry: TarEntry
  readonly content: Uint8Array
}

/**
 * Lists an archive in memory. apk's segments may end without an end mark.
 *
 * @throws {HardenError} `ARCHIVE_INVALID` when it is none.
 */
export async function readMembers(tar: Uint8Array, name: string): Promise<readonly MemberFile[]> {
  const files: MemberFile[] = []
  try {
    for await (const event of readTar([tar], { allowMissingEnd: true, maxEntries: 500_000 })) {
      if (event.type !== 'entry') continue
      const { dataOffset, size } = event.entry
      files.push({ entry: event.entry, content: tar.subarray(dataOffset, dataOffset + size) })
    }
  } catch (error) {
    if (!(error instanceof ImageError)) throw error
    throw new HardenError('ARCHIVE_INVALID', `${name}: ${error.message}`, { cause: error })
  }
  return files
}
