import { createReadStream, createWriteStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type Image, type TarStreamEntry, writeTar } from '@sallyport/image'

/** Writes an image as an OCI archive (its layout as a tar), which container engines load. */
export async function writeArchive(
  { layoutDirectory }: Image,
  path: string,
  signal?: AbortSignal,
): Promise<void> {
  await pipeline(
    writeTar(entriesOf(layoutDirectory)),
    createWriteStream(path, { flags: 'wx', mode: 0o600 }),
    {
      ...(signal && { signal }),
    },
  )
}

async function* entriesOf(folder: string): AsyncGenerator<TarStreamEntry> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  for (const file of files.sort()) {
    const { size } = await stat(file)
    yield {
      header: { path: relative(folder, file), type: 'file', mode: 0o644, size },
      content: createReadStream(file) as AsyncIterable<Uint8Array>,
    }
  }
}
