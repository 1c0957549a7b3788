import { randomUUID } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import {
  type BlobOptions,
  type Descriptor,
  type Digest,
  isIndexMediaType,
  type Reference,
} from '@sallyport/core'
import { giveUpContent, verifyChunks } from '../blob/verified-content.ts'
import { OciError } from '../errors.ts'
import { createKeyedMutex } from '../internal/keyed-mutex.ts'
import { checkManifest } from '../layout/check-manifest.ts'
import { checkMove } from '../layout/check-move.ts'
import { childrenToUnlist } from '../layout/children-to-unlist.ts'
import { writing } from '../layout/file-failure.ts'
import { emptyIndexText } from '../layout/layout-documents.ts'
import { addEntry, parseLayoutIndex } from '../layout/layout-index.ts'
import { createLayoutReader } from '../layout/layout-reader.ts'
import { readChunks } from '../layout/read-chunks.ts'
import type { Repository } from '../ports/repository.ts'
import { type ArchiveDocument, formatArchiveDocuments, indexForDocker } from './archive-documents.ts'
import { blobName } from './docker-manifest.ts'
import { encodeTarFile, encodeTarHeader, tarEnd, tarPadding } from './encode-tar-header.ts'
import { invalidArchive, type TarFile } from './index-tar.ts'
import { singleChunk } from '../internal/single-chunk.ts'

/** Options of {@link createArchive}. */
export interface CreateArchiveOptions extends BlobOptions {
  /**
   * Make the tar an archive for `docker load` too: tagged images get this name with their tag. Then a tag can't hold an
   * index, for Docker loads images of one platform; and gzip and zstd layers stay as they are, which Docker and
   * skopeo take (zstd from Docker 23). Default: an OCI layout only.
   */
  readonly docker?: Pick<Reference, 'registry' | 'repository'> | undefined
}

/**
 * A repository that becomes a file. Until `commit` nothing is at the path; disposed of without it, nothing ever will
 * be. Afterwards it can be read until it is disposed of; what would write rejects with `READ_ONLY`.
 */
export interface ArchiveWriter extends Repository, AsyncDisposable {
  /** What `index.json` will list. */
  listEntries(options?: BlobOptions): Promise<readonly Descriptor[]>
  /**
   * Ends the tar and gives it its name; an archive that was there is replaced in one step.
   *
   * @throws {OciError} `BLOB_NOT_FOUND` when an image for Docker lacks its config or a layer.
   */
  commit(options?: BlobOptions): Promise<void>
}

/**
 * Begins an OCI layout in a tar. Each blob is appended as it comes, one at a time in the order of the calls; what
 * turns out wrong is overwritten by the next. `index.json` and `oci-layout` come last. Names, modes and times are the
 * same each time, so the same content in the same order makes the same bytes.
 *
 * @throws {OciError} `LAYOUT_UNWRITABLE` when the file system refuses, here and while writing.
 */
export async function createArchive(
  path: string,
  { docker, signal }: CreateArchiveOptions = {},
): Promise<ArchiveWriter> {
  signal?.throwIfAborted()
  const place = resolve(path)
  const temporary = `${place}.${randomUUID()}.partial`
  const file = await writing(place, () => open(temporary, 'wx+', 0o644))
  const blobs = new Map<Digest, TarFile>()
  const tar = createTarFile(file, place)
  const turns = createKeyedMutex()
  let index = parseLayoutIndex(emptyIndexText, (reason) => invalidArchive(place, reason))
  let state: 'open' | 'committed' | 'disposed' = 'open'

  const reader = createLayoutReader({
    name: place,
    readIndex: async () => index,
    statBlob: async (digest) => blobs.get(digest)?.size,
    async *readBlob(digest, offset, inner) {
      inner?.throwIfAborted()
      const found = blobs.get(digest)
      if (found === undefined) {
        throw new OciError('BLOB_NOT_FOUND', `${place}: there is no blob ${digest}`, { reference: digest })
      }
      yield* readChunks(place, file, found.offset + offset, found.offset + found.size, inner)
    },
  })
  const change = <T>(operation: () => Promise<T>): Promise<T> =>
    turns.run('tar', async () => {
      if (state !== 'open') {
        throw new OciError('READ_ONLY', `${place} is ${state}`, { reference: place })
      }
      return operation()
    })
  const append = async (
    { digest, size }: Descriptor,
    content: AsyncIterable<Uint8Array>,
    inner: AbortSignal | undefined,
  ): Promise<void> => {
    blobs.set(digest, await tar.append(blobName(digest), size, content, inner))
  }

  return {
    ...reader,
    async write(blob, content, { signal: inner } = {}) {
      inner?.throwIfAborted()
      await change(async () => {
        if (blobs.get(blob.digest)?.size === blob.size) return giveUpContent(content)
        await append(blob, verifyChunks(blob, content), inner)
      })
    },
    async putManifest(manifest, { tag, expected, signal: inner } = {}) {
      inner?.throwIfAborted()
      const entry = checkManifest(place, manifest, tag)
      if (docker !== undefined && tag !== undefined && isIndexMediaType(entry.mediaType)) {
        throw indexForDocker(entry.digest)
      }
      const children = await childrenToUnlist(manifest, reader.findManifest, inner)
      await change(async () => {
        if (tag !== undefined) checkMove(place, index, tag, entry.digest, expected)
        if (!blobs.has(entry.digest)) await append(entry, singleChunk(manifest.bytes), inner)
        index = addEntry(index, entry, tag, new Set(children.map(({ digest }) => digest)))
      })
    },
    async commit({ signal: inner } = {}) {
      inner?.throwIfAborted()
      await change(async () => {
        await tar.end(await formatArchiveDocuments({ ...reader, index, docker, signal: inner }))
        inner?.throwIfAborted()
        await writing(place, () => rename(temporary, place))
        state = 'committed'
      })
    },
    async [Symbol.asyncDispose]() {
      await turns.run('tar', async () => {
        if (state === 'disposed') return
        const committed = state === 'committed'
        state = 'disposed'
        await file.close()
        if (!committed) await writing(place, () => rm(temporary, { force: true }))
      })
    },
  }
}

interface TarFileWriter {
  append(
    name: string,
    size: number,
    content: AsyncIterable<Uint8Array>,
    signal: AbortSignal | undefined,
  ): Promise<TarFile>
  /** Ends the tar with small files. Until then nothing of them counts, so that it can be done again. */
  end(documents: readonly ArchiveDocument[]): Promise<void>
}

/** Appends entries to a file. An entry counts once it is complete: the next one is written over a failed one. */
function createTarFile(file: FileHandle, place: string): TarFileWriter {
  let end = 0
  const put = async (bytes: Uint8Array, position: number): Promise<number> => {
    for (let done = 0; done < bytes.byteLength;) {
      const { bytesWritten } = await writing(place, () =>
        file.write(bytes, done, bytes.byteLength - done, position + done),
      )
      done += bytesWritten
    }
    return position + bytes.byteLength
  }
  return {
    async append(name, size, content, signal) {
      const offset = await put(encodeTarHeader(name, size), end)
      let position = offset
      for await (const chunk of content) {
        signal?.throwIfAborted()
        position = await put(chunk, position)
      }
      end = await put(tarPadding(size), position)
      return { offset, size }
    },
    async end(documents) {
      let position = end
      for (const { name, bytes } of documents) position = await put(encodeTarFile(name, bytes), position)
      const last = await put(tarEnd, position)
      await writing(place, () => file.truncate(last))
      await writing(place, () => file.sync())
    },
  }
}
