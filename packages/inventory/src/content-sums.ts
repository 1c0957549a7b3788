import { createHash } from 'node:crypto'
import type { FileContent, ReadOptions } from './files/image-files.ts'
import { readChunks } from './files/read-chunks.ts'

/** What a file's content hashes to, in the hashes that package databases use; lower-case hexadecimal. */
export interface ContentSums {
  readonly md5: string
  readonly sha1: string
  readonly sha256: string
}

/** Hashes a content that streams by or lies in memory: which of the hashes a database has is not known yet. */
export async function hashContent(content: FileContent, { signal }: ReadOptions): Promise<ContentSums> {
  const hashes = { md5: createHash('md5'), sha1: createHash('sha1'), sha256: createHash('sha256') }
  for await (const chunk of readChunks(content, signal)) {
    for (const hash of Object.values(hashes)) hash.update(chunk)
  }
  return {
    md5: hashes.md5.digest('hex'),
    sha1: hashes.sha1.digest('hex'),
    sha256: hashes.sha256.digest('hex'),
  }
}
