import { createReadStream } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { HardenError } from '../../errors.ts'
import { checkMirrorPath } from './check-mirror-path.ts'
import { limitBytes } from './limit-bytes.ts'
import type { MirrorReader } from './mirror-reader.ts'

/** Reads a mirror from a folder, e.g. one that was carried to a place without network. Links that leave it are not followed. */
export function folderMirror(directory: string): MirrorReader {
  return {
    async *read(path, { maxBytes, signal }) {
      signal?.throwIfAborted()
      const name = checkMirrorPath(path)
      try {
        const [root, file] = await Promise.all([realpath(directory), realpath(join(directory, name))])
        if (!file.startsWith(root + sep))
          throw new HardenError('MIRROR_UNAVAILABLE', `${name}: a link that leaves the mirror`)
        yield* limitBytes(createReadStream(file, { signal, highWaterMark: 256 * 1024 }), maxBytes, name)
      } catch (error) {
        if (error instanceof HardenError) throw error
        signal?.throwIfAborted()
        const code = (error as NodeJS.ErrnoException).code
        if (code === 'ENOENT' || code === 'ENOTDIR')
          throw new HardenError('MIRROR_FILE_MISSING', `${name}: the mirror has no such file`)
        throw new HardenError('MIRROR_UNAVAILABLE', `${name}: could not be read`, { cause: error })
      }
    },
  }
}
